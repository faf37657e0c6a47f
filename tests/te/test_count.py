"""Operation and byte counts."""

import pytest

from autosched import te
from autosched.ir.expr import Expr
from autosched.te.count import bytes_touched, flop_count


def product(m, n, depth, dtype="float32"):
    A, B = te.placeholder((m, depth), dtype), te.placeholder((depth, n), dtype)
    k = te.reduce_axis((0, depth), name="k")
    return A, B, te.compute((m, n), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k))


@pytest.mark.parametrize("dtype", ["float32", "int8"])
def test_a_matmul_is_two_operations_per_point(dtype):
    assert flop_count(product(7, 5, 11, dtype)[2:]) == 2 * 7 * 5 * 11


def test_bytes_of_a_matmul():
    assert bytes_touched(product(7, 5, 11)) == 4 * (77 + 55 + 35)
    assert bytes_touched(product(7, 5, 11, "float64")[2:]) == 8 * (77 + 55 + 35)


def test_symbolic_sizes_give_an_expression_or_a_number():
    n = te.var("n")
    tensors = product(n, 5, 3)
    assert isinstance(flop_count(tensors), Expr)
    assert flop_count(tensors, {n: 10}) == 300
    assert bytes_touched(tensors, {n: 10}) == 4 * (30 + 15 + 50)


def test_indices_conditions_and_casts_are_free():
    A = te.placeholder((9,), name="A")
    B = te.compute((7,), lambda i: te.if_then_else(i * 2 > 3, A[i + 1], A[i // 2]))
    C = te.compute((7,), lambda i: B[i].astype("float64"))
    assert flop_count([C]) == 0


def test_functions_and_extremes_count_one():
    A = te.placeholder((7,), name="A")
    assert flop_count([te.compute((7,), lambda i: te.exp(A[i]))]) == 7
    assert flop_count([te.compute((7,), lambda i: te.maximum(A[i], 0.0))]) == 7
    k = te.reduce_axis((0, 7), name="k")
    assert flop_count([te.compute((1,), lambda i: te.max(A[k], axis=k))]) == 7


def test_a_shared_value_counts_once():
    A = te.placeholder((7,), name="A")

    def squared(i):
        x = A[i] + 1.0
        return x * x

    assert flop_count([te.compute((7,), squared)]) == 14


def test_a_value_written_twice_counts_once():
    A = te.placeholder((7,), name="A")
    assert flop_count([te.compute((7,), lambda i: (A[i] + 1.0) * (A[i] + 1.0))]) == 14
    k, m = (te.reduce_axis((0, 5), name="rv") for _ in range(2))
    assert (
        flop_count([te.compute((7,), lambda i: te.sum((A[i] + k) * (A[i] + m), [k, m]))]) == 4 * 175
    )


def test_every_stage_counts():
    A = te.placeholder((7,), name="A")
    B = te.compute((7,), lambda i: A[i] + 1.0)
    C = te.compute((3,), lambda i: B[i] * 2.0)
    assert flop_count([C]) == 10
    assert flop_count([B, C]) == 10
