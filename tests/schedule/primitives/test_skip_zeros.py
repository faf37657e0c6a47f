"""skip_zeros: the condition of a factor becomes that of the sum."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses, rowsum


def padded(dtype: str = "float32", value: float = 0, start: int = 0) -> te.Tensor:
    A, W = te.placeholder((4,), dtype, name="A"), te.placeholder((4,), dtype, name="W")
    k = te.reduce_axis((start, 3), name="k")
    inside, nothing = lambda i: te.all(i >= 1, i < 5), te.const(value, dtype)
    P = te.compute((6,), lambda i: te.if_then_else(inside(i), A[i - 1], nothing), name="P")
    return te.compute(
        (4,), lambda i: te.sum(P[i + k].astype("int32") * W[k].astype("int32"), axis=k), name="C"
    )


def banded() -> te.Tensor:
    """A product with the band of a matrix, by a condition in the sum."""
    A, B = te.placeholder((5, 7), name="A"), te.placeholder((7, 3), name="B")
    k = te.reduce_axis((0, 7), name="k")
    return te.compute(
        (5, 3),
        lambda i, j: te.sum(te.if_then_else(k <= i, A[i, k], 0.0) * B[k, j], axis=k),
        name="C",
    )


def test_padding_in_a_stage_of_its_own() -> None:
    s = create_schedule(C := padded("int32"))
    s[C].skip_zeros()
    golden(
        s,
        """
        for i in 0..6:
            P[i] = select(1 <= i and i < 5, A[i - 1], 0)
        for i in 0..4:
            for k in 0..3:
                C[i] += P[i + k] * W[k] if 1 <= i + k and i + k < 5
        """,
    )
    means_the_same(s)


def test_a_factor_that_is_chosen_in_the_sum() -> None:
    s = create_schedule(C := banded())
    s[C].skip_zeros()
    assert str(s).endswith("C[i, j] += select(k <= i, A[i, k], 0.0) * B[k, j] if k <= i")
    means_the_same(s)


@pytest.mark.parametrize("dtype", ["int8", "float32"])
def test_conversions_and_axes_that_do_not_start_at_0(dtype: str) -> None:
    s = create_schedule(C := padded(dtype, start=1))
    s[C].skip_zeros()
    assert "if 1 <= i + k and i + k < 5" in str(s)
    means_the_same(s)


def test_padding_that_is_inlined() -> None:
    s = create_schedule(C := padded())
    s.stages[1].compute_inline()
    s[C].skip_zeros()
    means_the_same(s)


def test_other_sums() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].skip_zeros(), "a factor is zero by a condition, got stage C")
    s = create_schedule(C := padded(value=1))
    refuses(s, lambda: s[C].skip_zeros(), "a factor is zero by a condition, got stage C")
    s = create_schedule(B := rowsum())
    refuses(s, lambda: s[B].skip_zeros(), "expected a sum of products")


def test_a_condition_by_data_is_none_of_indices() -> None:
    A, B = te.placeholder((5, 7), name="A"), te.placeholder((7,), name="B")
    k = te.reduce_axis((0, 7), name="k")
    positive = lambda i: te.if_then_else(A[i, k] > 0.0, A[i, k], 0.0)  # noqa: E731
    C = te.compute((5,), lambda i: te.sum(positive(i) * B[k], axis=k), name="C")
    s = create_schedule(C)
    refuses(s, lambda: s[C].skip_zeros(), "a factor is zero by a condition")


def test_once_and_before_loops() -> None:
    s = create_schedule(C := padded())
    s[C].skip_zeros()
    refuses(s, lambda: s[C].skip_zeros(), "a factor is zero by a condition")
    s = create_schedule(C := padded())
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].skip_zeros(), "call skip_zeros before split")
