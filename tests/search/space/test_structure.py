"""What a stage reads, in bytes."""

from __future__ import annotations

from collections.abc import Callable

from autosched import te
from autosched.ir.expr import Expr
from autosched.schedule.schedule import create_schedule
from autosched.search.space.structure import Read, bytes_read, contraction, reads_of
from autosched.te.tensor import ComputeOp


def convolution(stride: int) -> ComputeOp:
    image = te.placeholder((3, 8, 20, 20), name="image")
    weight = te.placeholder((4, 8, 3, 3), name="weight")
    c, p, q = (te.reduce_axis((0, n)) for n in (8, 3, 3))
    result = te.compute(
        (3, 4, 5, 5),
        lambda b, o, y, x: te.sum(
            image[b, c, y * stride + p, x * stride + q] * weight[o, c, p, q], axis=[c, p, q]
        ),
    )
    assert isinstance(result.op, ComputeOp)
    return result.op


def test_windows_that_overlap_are_read_once() -> None:
    image, weight = reads_of(convolution(1))
    assert bytes_read(image) == 3 * 8 * 7 * 7 * 4
    assert bytes_read(weight) == 4 * 8 * 3 * 3 * 4


def test_rows_between_windows_are_not_read_but_gaps_in_a_row_are() -> None:
    image, _ = reads_of(convolution(4))
    assert bytes_read(image) == 3 * 8 * 15 * 19 * 4


def test_a_fixed_axis_counts_as_one_point() -> None:
    op = convolution(1)
    image, _ = reads_of(op)
    assert bytes_read(image, [op.axis[0]]) == 8 * 7 * 7 * 4


def test_a_step_along_an_axis_is_known_in_bytes() -> None:
    op = convolution(4)
    image, weight = reads_of(op)
    assert [image.step_bytes(axis) for axis in op.axis] == [4 * 3200, 0, 4 * 80, 4 * 4]
    assert [weight.step_bytes(axis) for axis in op.reduce_axis] == [4 * 9, 4 * 3, 4]


def test_a_step_over_a_symbolic_row_is_not_known() -> None:
    n = te.var("n")
    x, k = te.placeholder((8, n), name="x"), te.reduce_axis((0, n))
    op = te.compute((8,), lambda i: te.sum(x[i, k], axis=k)).op
    assert isinstance(op, ComputeOp)
    (read,) = reads_of(op)
    assert read.step_bytes(op.axis[0]) == 0


def test_axes_of_one_point_are_left_out_of_an_index() -> None:
    x = te.placeholder((8, 20), name="x")
    p, q = (te.reduce_axis((0, n)) for n in (1, 3))
    op = te.compute((8, 18), lambda i, j: te.sum(x[i + p, j + q], axis=[p, q])).op
    assert isinstance(op, ComputeOp)
    (read,) = reads_of(op)
    assert read.pure == {op.axis[0]: 0}
    shifted = te.compute((7, 20), lambda i, j: te.sum(x[i + p + 1, j], axis=[p])).op
    assert isinstance(shifted, ComputeOp)
    assert reads_of(shifted)[0].pure == {shifted.axis[1]: 1}


def test_dimensions_of_batch_axes_may_be_copied_as_they_are() -> None:
    """Heads that share keys, as `K[h // 4, ...]`; not windows, nor indices from data."""
    q, key = te.placeholder((8, 16, 32), name="q"), te.placeholder((2, 16, 32), name="key")
    at = te.placeholder((8,), "int64", name="at")
    d = te.reduce_axis((0, 32), name="d")

    def reads(index) -> tuple[Read, ...]:
        scores = te.compute(
            (8, 16, 16), lambda h, i, j: te.sum(q[h, i, d] * key[index(h), j, d], axis=d)
        )
        found = contraction(create_schedule(scores)[scores])
        assert found is not None
        return found.reads

    assert [read.packable for read in reads(lambda h: h // 4)] == [True, True]
    assert [read.packable for read in reads(lambda h: at[h])] == [True, False, True]
    assert [read.packable for read in reads(lambda h: 1)] == [True, False]


def test_axes_that_count_through_several_dimensions_are_plain() -> None:
    image = te.placeholder((8, 5, 7), name="image")

    def is_plain(index: Callable[[Expr, Expr], tuple[Expr | int, ...]]) -> bool:
        made = te.compute((8, 35), lambda c, x: image(*index(c, x)), name="made")
        assert isinstance(made.op, ComputeOp)
        (read,) = reads_of(made.op)
        return read.is_plain

    assert is_plain(lambda c, x: (c, x // 7, x % 7))
    assert not is_plain(lambda c, x: (c, 0, x % 7))
    assert not is_plain(lambda c, x: (c, x // 7, c % 7))
