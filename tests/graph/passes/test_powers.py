from __future__ import annotations

import pytest

from autosched.graph.passes.powers import powers
from tests.graph.passes.checking import after, kinds


@pytest.mark.parametrize(
    ("exponent", "found"),
    [
        ("1", []),
        ("2", ["mul"]),
        ("3", ["mul", "mul"]),
        ("-1", ["reciprocal"]),
        ("4", ["pow"]),
        ("1.5", ["pow"]),
    ],
)
def test_small_powers_are_products(exponent: str, found: list[str]) -> None:
    lines = [f"n: float32[] = constant [{exponent}]", "a = exp(x)", "z = pow(a, n)"]
    assert kinds(after(powers, "x: float32[3]", *lines)) == ["exp", *found]


def test_a_root() -> None:
    lines = ["n: float32[1] = constant [0.5]", "a = exp(x)", "z = pow(a, n)"]
    assert kinds(after(powers, "x: float32[3]", *lines)) == ["exp", "sqrt"]


@pytest.mark.parametrize("shape", ["1, 1", "3"])
def test_exponents_that_broadcast_stay(shape: str) -> None:
    numbers = ", ".join(["2"] * (3 if shape == "3" else 1))
    lines = [f"n: float32[{shape}] = constant [{numbers}]", "z = pow(x, n)"]
    assert kinds(after(powers, "x: float32[3]", *lines)) == ["pow"]
