"""The graph: order, inputs and sizes."""

from autosched import te
from autosched.te import dag
from tests.te.samples import structural_key


def diamond():
    A = te.placeholder((7,), name="A")
    B = te.compute((7,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((7,), lambda i: A[i] * 2.0, name="C")
    D = te.compute((7,), lambda i: B[i] + C[i], name="D")
    return A, B, C, D


def test_producers_come_before_their_readers():
    A, B, C, D = diamond()
    assert dag.topological_order([D]) == [A.op, B.op, C.op, D.op]


def test_the_order_follows_the_tensors_given():
    A, _, C, D = diamond()
    assert dag.topological_order([C, D])[:2] == [A.op, C.op]


def test_inputs_and_outputs():
    A, B, _, D = diamond()
    assert dag.inputs([D]) == [A]
    assert dag.outputs([A, B, D]) == [B, D]


def test_an_operation_with_several_outputs_is_listed_once():
    A = te.placeholder((7,), name="A")
    low, high = te.compute((7,), lambda i: (A[i] - 1.0, A[i] + 1.0))
    D = te.compute((7,), lambda i: low[i] * high[i])
    assert len(dag.topological_order([D, low])) == 3


def test_sizes_are_found_everywhere():
    n, m, s = te.var("n"), te.var("m"), te.var("s")
    A = te.placeholder((n, 4), name="A")
    k = te.reduce_axis((0, m), name="k")
    C = te.compute((n,), lambda i: te.sum(A[i, k] * s.astype("float32"), axis=k))
    assert dag.size_vars([A, C]) == [n, m, s]


def test_deep_chains_do_not_overflow():
    x = first = te.placeholder((3,), name="x")
    for _ in range(5000):
        x = te.compute((3,), lambda i, x=x: x[i] + 1.0)
    assert len(dag.topological_order([x])) == 5001
    assert dag.inputs([x]) == [first]
    assert len(structural_key([x])) == 32


def test_deep_bodies_do_not_overflow():
    A = te.placeholder((3,), name="A")

    def long_sum(i):
        total = A[i]
        for _ in range(5000):
            total = total + A[i] * A[i]
        return total

    C = te.compute((3,), long_sum)
    assert C.op.input_tensors == [A]
    assert len(structural_key([C])) == 32
