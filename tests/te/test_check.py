"""Reads that are certainly outside a tensor are refused; those that may be inside are not."""

import pytest

from autosched import te
from autosched.errors import ExpressionError


@pytest.mark.parametrize(
    ("index", "value"),
    [
        (lambda i: i - 1, -1),
        (lambda i: i + 1, 8),
        (lambda i: 2 * i, 14),
        (lambda i: 6 - i, -1),
        (lambda i: te.const(8, "int64"), 8),
        (lambda i: i // 2 - 1, -1),
    ],
)
def test_reads_outside_are_refused(index, value):
    A = te.placeholder((3, 8), name="A")
    with pytest.raises(ExpressionError, match=rf"dimension 1 of A.*which can be {value}\b"):
        te.compute((8,), lambda i: A[0, index(i)] * 2.0, name="B")


def test_a_window_beyond_the_border_is_refused():
    A = te.placeholder((8,), name="A")
    k = te.reduce_axis((0, 3), name="k")
    te.compute((6,), lambda i: te.sum(A[i + k], axis=k))
    with pytest.raises(ExpressionError, match="which can be 8"):
        te.compute((7,), lambda i: te.sum(A[i + k], axis=k))
    with pytest.raises(ExpressionError, match="which can be 8"):
        te.compute((7,), lambda i: te.sum(te.if_then_else(A[i + k] > 0, 1, 2), axis=k))


def test_a_condition_of_a_reduction_is_read_at_all_points():
    A, index = te.placeholder((9,), name="A"), te.placeholder((5,), "int32", name="index")
    k = te.reduce_axis((0, 9), name="k")
    guard = lambda i, named: te.if_then_else(k < 5, named(i), False)  # noqa: E731
    named = lambda i: index[k].equal(i)  # noqa: E731
    te.compute((7,), lambda i: te.sum(A[k], axis=k, where=guard(i, named)))
    te.compute((7,), lambda i: te.sum(A[k + 1], axis=k, where=k < 8))
    with pytest.raises(ExpressionError, match="dimension 0 of index, got k in C, which can be 8"):
        te.compute((7,), lambda i: te.sum(A[k], axis=k, where=te.all(k < 5, named(i))), name="C")


def test_reads_that_may_be_inside_are_accepted():
    n = te.var("n")
    A = te.placeholder((8,), name="A")
    at = te.placeholder((8,), "int32", name="AT")
    long = te.placeholder((n,), name="LONG")
    k = te.reduce_axis((0, 3), name="k")
    te.compute((8,), lambda i: te.if_then_else(i > 0, A[i - 1], 0.0))
    te.compute((8,), lambda i: te.sum(A[i + k], axis=k, where=i + k < 8))
    te.compute((8,), lambda i: A[at[i]])
    te.compute((8,), lambda i: A[(i + 3) % 8])
    te.compute((n,), lambda i: long[i] + A[i])
    te.compute((n - 1,), lambda i: long[i + 1])


def test_a_symbolic_read_below_zero_is_refused():
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i - 1], name="B")
    C = te.compute((n,), lambda i: B[i] + A[0], name="C")
    for tensor, name in ((B, "A"), (C, "B")):
        with pytest.raises(ExpressionError, match=f"dimension 0 of {name}, got .*which can be"):
            te.create_schedule(tensor)


def test_a_row_that_is_not_there_cannot_be_read():
    A = te.placeholder((8, 3), name="A")
    B = te.compute((8, 3), lambda i, j: A[i - 2, j], name="B")
    with pytest.raises(ExpressionError, match=r"an index from 2 to below 8 .*B.* can be -1"):
        te.create_schedule(te.compute((8, 3), lambda i, j: B[i - 1, j]))
    with pytest.raises(ExpressionError, match=r"an index from 2 to below 8 .*B.* can be 0"):
        te.compute((3,), lambda j: B[0, j])
    te.create_schedule(te.compute((6, 3), lambda i, j: B[i + 2, j]))


def test_an_index_that_is_not_affine_is_tried_at_all_points():
    A = te.placeholder((8, 2), name="A")
    te.compute((16,), lambda i: A[i * i % 8, i % 2] + A[i // 2, (i + 1) % 2])
    with pytest.raises(ExpressionError, match=r"dimension 0 of A, .* which can be 9\b"):
        te.compute((16,), lambda i: A[i * i % 10, 0])
    with pytest.raises(ExpressionError, match=r"dimension 1 of A, .* which can be 2\b"):
        te.compute((5,), lambda i: A[i, te.minimum(i, 4 - i)])


def test_a_read_outside_for_every_size_is_refused():
    n, m = te.var("n"), te.var("m")
    A = te.placeholder((n, m), name="A")
    k = te.reduce_axis((0, 3), name="k")
    with pytest.raises(ExpressionError, match=r"dimension 0 of A, .* which can be n\b"):
        te.compute((n, m), lambda i, j: A[i + 1, j], name="B")
    with pytest.raises(ExpressionError, match=r"dimension 1 of A, .* which can be m\b"):
        te.compute((n, m - 1), lambda i, j: te.sum(A[i, j + k], axis=k), name="B")
    with pytest.raises(ExpressionError, match="which can be n"):
        te.compute((n + 1,), lambda i: A[i, 0])


def test_a_read_inside_for_some_sizes_is_accepted():
    n, m = te.var("n"), te.var("m")
    A = te.placeholder((n, m), name="A")
    k = te.reduce_axis((0, 3), name="k")
    te.compute((m, n), lambda i, j: A[i, j])
    te.compute((n,), lambda i: A[i * 2, 5])
    te.compute((n, m - 2), lambda i, j: te.sum(A[i, j + k], axis=k))
    te.compute((n // 2,), lambda i: A[i * 2 + 1, 0])


@pytest.mark.parametrize("use", [list, lambda tensor: 3.0 in tensor, lambda tensor: [*tensor[0]]])
def test_a_loop_over_a_tensor_ends(use):
    with pytest.raises(ExpressionError, match="got a loop over its elements"):
        use(te.placeholder((3, 4), name="A"))
