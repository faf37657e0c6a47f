"""Symbolic sizes from shapes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import ArgumentError
from autosched.runtime.signature import Param, Signature
from autosched.runtime.sizes import concrete, solve

SIGNATURE = Signature(
    "f",
    (
        Param("a", "float32", ("2*n + 1", "m")),
        Param("b", "float32", ("m*n - k", 3)),
    ),
    ("n", "m", "k"),
)


@given(st.integers(0, 50), st.integers(1, 50), st.integers(0, 50))
def test_linear_dimensions_are_solved_one_after_the_other(n: int, m: int, k: int) -> None:
    sizes = {"n": n, "m": m, "k": k}
    shapes = [(param, concrete(param.shape, sizes)) for param in SIGNATURE.params]
    assert solve(SIGNATURE, shapes, {}) == sizes


def test_fixed_sizes_are_kept() -> None:
    shapes = [(SIGNATURE.params[0], (5, 4))]
    assert solve(SIGNATURE, shapes, {"k": 9}) == {"n": 2, "m": 4, "k": 9}


@pytest.mark.parametrize("fixed", [{"q": 3}, {"k": 2.5}, {"k": "3"}, {"k": 2**63}])
def test_sizes_that_make_no_sense_are_refused(fixed: dict[str, Any]) -> None:
    ((name, value),) = fixed.items()
    with pytest.raises(ArgumentError, match=rf"sizes of f \(n, m, k\), got {name}={value!r}"):
        solve(SIGNATURE, [(SIGNATURE.params[0], (5, 4))], {"k": 9} | fixed)


def test_a_size_without_a_shape() -> None:
    with pytest.raises(ArgumentError, match="expected arguments of f that give its size k"):
        solve(SIGNATURE, [(SIGNATURE.params[0], (5, 4))], {})


def test_an_extent_without_a_solution() -> None:
    with pytest.raises(ArgumentError, match="give its size n"):
        solve(SIGNATURE, [(SIGNATURE.params[0], (4, 4))], {})


@pytest.mark.parametrize(
    ("text", "value"),
    [("n", 7), ("-n + 10", 3), ("n // 2", 3), ("n % 4", 3), ("max(n, 9)", 9), ("min(2*n, 9)", 9)],
)
def test_extents_are_computed(text: str, value: int) -> None:
    assert concrete((text, 5), {"n": 7}) == (value, 5)


@pytest.mark.parametrize("text", ["n ** 2", "__import__('os')", "n.real", "[n]"])
def test_nothing_but_arithmetic_is_computed(text: str) -> None:
    with pytest.raises(ValueError, match="a shape cannot be computed from"):
        concrete((text,), {"n": 7})
