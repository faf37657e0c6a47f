"""cache_factor: a factor of a sum of products, computed in a stage of its own."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses, rowsum


def phases(dtype: str = "float32", start: int = 0) -> te.Tensor:
    """Two filters that are every second point of one."""
    A, W = te.placeholder((9,), dtype, name="A"), te.placeholder((8,), dtype, name="W")
    k = te.reduce_axis((start, 3), name="k")

    def product(p: te.Tensor, i: te.Tensor) -> te.Tensor:
        factor = te.if_then_else(p + k * 2 < 5, W[p + k * 2], te.const(0, dtype))
        return te.sum(A[i + k].astype("float32") * factor.astype("float32"), axis=k)

    return te.compute((2, 6), product, name="C")


def test_a_factor_with_a_condition() -> None:
    s = create_schedule(C := phases())
    s[C].cache_factor(1)
    golden(
        s,
        """
        for p in 0..2:
            for k in 0..3:
                C.factor[p, k] = select(p + k*2 < 5, W[p + k*2], 0.0)
        for p in 0..2:
            for i in 0..6:
                for k in 0..3:
                    C[p, i] += A[i + k] * C.factor[p, k]
        """,
    )
    means_the_same(s)


def test_every_factor() -> None:
    s = create_schedule(C := matmul())
    assert [s[C].cache_factor(n).name for n in (0, 1)] == ["C.factor", "C.factor.1"]
    means_the_same(s)


def test_a_conversion_stays_where_it_is() -> None:
    s = create_schedule(C := phases("int8"))
    assert s[C].cache_factor(1).dtype == "int8"
    means_the_same(s)


def test_an_axis_that_does_not_start_at_0() -> None:
    s = create_schedule(C := phases(start=1))
    s[C].cache_factor(1)
    assert "A[i + k] * C.factor[p, k - 1]" in str(s)
    means_the_same(s)


@pytest.mark.parametrize("number", [2, 7])
def test_a_number_that_no_factor_has(number: int) -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].cache_factor(number), f"got number {number} of stage C", "2 factors")


def test_stages_without_factors_and_loops_that_it_does_not_take() -> None:
    s = create_schedule(B := rowsum())
    refuses(s, lambda: s[B].cache_factor(0), "a factor of a sum of products")
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].cache_factor(-1), "an integer that is not negative as 'number'")
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].cache_factor(0), "call cache_factor before split")
