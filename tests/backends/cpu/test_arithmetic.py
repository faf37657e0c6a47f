"""What computes the arithmetic of a workload, and how much of it there is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched import te
from autosched.backends.cpu import arithmetic
from autosched.backends.cpu.arithmetic import dot_limits, function_limits
from autosched.target.target import Target
from autosched.te.tensor import Tensor

VNNI = replace(
    Target.host(),
    cpu="znver4",
    features="+avx512f,+avx512vl,+avx512vnni,+avx512bf16",
    vector_bits=512,
    tolerance=1e-4,
)


@pytest.fixture(autouse=True)
def _rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """A core computes 4 products of bytes or 2 others in a nanosecond, a function in 3."""
    monkeypatch.setattr(arithmetic, "dot_peak", lambda target, dot: 2.0 * dot.steps)
    monkeypatch.setattr(arithmetic, "function_ns", lambda target, name, kind: 3.0)


def product(a: str, b: str, result: str, offset: int = 0) -> Tensor:
    x, y = te.placeholder((5, 7), dtype=a), te.placeholder((7, 3), dtype=b)
    k = te.reduce_axis((0, 7))
    return te.compute(
        (5, 3),
        lambda i, j: te.sum((x[i, k].astype(result) - offset) * y[k, j].astype(result), axis=k),
    )


@pytest.mark.parametrize(
    ("a", "b", "result", "steps"),
    [
        ("uint8", "int8", "int32", 4),
        ("int8", "int8", "int32", 4),
        ("int16", "int16", "int32", 2),
        ("bfloat16", "bfloat16", "float32", 2),
    ],
)
def test_sums_of_products_of_narrow_numbers_are_dot_products(
    a: str, b: str, result: str, steps: int
) -> None:
    (limit,) = dot_limits(VNNI, 2, [product(a, b, result)])
    assert limit.work == pytest.approx(2 * 5 * 7 * 3 / 1e9)
    assert limit.time_ns == pytest.approx(5 * 7 * 3 / steps / 2)


def test_bytes_may_have_an_offset() -> None:
    (limit,) = dot_limits(VNNI, 1, [product("uint8", "uint8", "int32", 3)])
    assert limit.time_ns == pytest.approx(5 * 7 * 3 / 4)


@pytest.mark.parametrize("kinds", [("float32", "float32", "float32"), ("int8", "int8", "int16")])
def test_other_products_are_not(kinds: tuple[str, str, str]) -> None:
    assert dot_limits(VNNI, 1, [product(*kinds)]) == []


def test_a_target_without_the_instructions_has_no_such_limit() -> None:
    plain = replace(VNNI, features="+avx2", vector_bits=256)
    assert dot_limits(plain, 1, [product("uint8", "int8", "int32")]) == []


def test_a_function_counts_at_each_point_once() -> None:
    x = te.placeholder((5, 7), name="x")
    y = te.compute((5, 7), lambda i, j: te.exp(x[i, j]) + te.exp(x[i, j]) * te.abs(x[i, j]))
    k = te.reduce_axis((0, 7))
    z = te.compute((5,), lambda i: te.sum(te.tanh(y[i, k]), axis=k))
    limits = {limit.name: limit for limit in function_limits(VNNI, 2, [z])}
    assert set(limits) == {"exp", "tanh"}
    assert limits["exp"].work == limits["tanh"].work == pytest.approx(35 / 1e6)
    assert limits["exp"].time_ns == pytest.approx(35 * 3 / 2)


def test_stages_of_unknown_sizes_have_none() -> None:
    n = te.var("n")
    x = te.placeholder((n,), name="x")
    assert function_limits(VNNI, 1, [te.compute((n,), lambda i: te.exp(x[i]))]) == []
