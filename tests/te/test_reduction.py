"""Reductions: their parts, and where they are allowed."""

import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Max
from autosched.te.tensor import Reduce

A = te.placeholder((7, 5), name="A")
k = te.reduce_axis((0, 5), name="k")
r = te.reduce_axis((0, 7), name="r")


def argmax():
    return te.comm_reducer(
        lambda x, y: (
            te.if_then_else(x[1] >= y[1], x[0], y[0]),
            te.if_then_else(x[1] >= y[1], x[1], y[1]),
        ),
        lambda index, value: (te.const(-1, index), te.min_value(value)),
        name="argmax",
    )


def test_a_reduction_knows_its_axes():
    C = te.compute((1,), lambda i: te.sum(A[r, k], axis=[r, k]), name="C")
    assert C.op.reduce_axis == (r, k)
    assert te.compute((7,), lambda i: A[i, 0]).op.reduce_axis == ()


@pytest.mark.parametrize(
    ("reducer", "identity"), [(te.sum, 0), (te.prod, 1), (te.max, -128), (te.min, 127)]
)
def test_identities_are_those_of_the_dtype(reducer, identity):
    small = te.placeholder((5,), "int8")
    assert reducer(small[k], axis=k).combiner.identities[0].value == identity


def test_max_of_two_expressions_is_no_reduction():
    assert isinstance(te.max(A[0, 0], 0), Max)
    assert isinstance(te.max(A[0, 0], A[0, 1]), Max)
    assert isinstance(te.max(A[0, k], k), Reduce)
    data = te.compute((5,), lambda i: te.max(A[0, i], i.astype("float32"))).op
    assert isinstance(data.bodies[0], Max)


def test_a_tuple_reduction_gives_one_tensor_per_value():
    index, value = te.compute((7,), lambda i: argmax()((k, A[i, k]), axis=k), name="best")
    assert (index.dtype.name, value.dtype.name) == ("int64", "float32")
    assert index.op is value.op


def other_tensors_axis():
    foreign = te.compute((7,), lambda i: A[i, 0]).op.axis[0]
    return te.compute((7,), lambda i: A[foreign, 0], name="C")


REFUSED = {
    "expected the reduce axis k inside a reduction over it, got it free in C": lambda: te.compute(
        (7,), lambda i: A[i, k], name="C"
    ),
    "expected the reduce axis r inside a reduction": lambda: te.compute(
        (7,), lambda i: te.sum(A[r, k], axis=k), name="C"
    ),
    "expected only axes of C in its body, got the axis i of another operation": other_tensors_axis,
    "expected a reduction to be the whole value of C": lambda: te.compute(
        (7,), lambda i: te.sum(A[i, k], axis=k) + 1.0, name="C"
    ),
    "expected every output of C to be a reduction or none, got both": lambda: te.compute(
        (7,), lambda i: (te.sum(A[i, k], axis=k), A[i, 0]), name="C"
    ),
    "expected the outputs of C to be all the values of one reduction": lambda: te.compute(
        (7,), lambda i: (te.sum(A[i, k], axis=k), te.max(A[i, k], axis=k)), name="C"
    ),
    "expected the outputs of best to be all the values": lambda: te.compute(
        (7,), lambda i: argmax()((k, A[i, k]), axis=k)[0], name="best"
    ),
    "expected a reduce axis for sum, got 1": lambda: te.sum(A[0, k], axis=1),
    "expected a reduce axis for sum, got <Axis i>": lambda: te.compute(
        (5,), lambda i: te.sum(A[0, i], axis=i)
    ),
    "expected different reduce axes for sum": lambda: te.sum(A[0, k], axis=[k, k]),
    "expected a bool for 'where' of sum": lambda: te.sum(A[0, k], axis=k, where=k),
    "expected 1 values for 'init' of sum, got 2": lambda: te.sum(A[0, k], axis=k, init=[1, 2]),
    "expected 'init' of sum to have the dtype float32, got int64": lambda: te.sum(
        A[0, k], axis=k, init=k
    ),
    "expected 2 values for the combination of r, got 1": lambda: te.comm_reducer(
        lambda x, y: x[0] + y[0], lambda a, b: (0, 0), name="r"
    )((A[0, k], A[1, k]), axis=k),
    "expected the combination of r to have the dtype float32, got bool": lambda: te.comm_reducer(
        lambda x, y: x > y, lambda dtype: 0, name="r"
    )(A[0, k], axis=k),
    "expected operands, data axes and sizes in the combination of r, got k": lambda: (
        te.comm_reducer(lambda x, y: x + y + k, lambda dtype: 0 - k, name="r")(r, axis=[r, k])
    ),
    "expected operands, data axes and sizes in the combination of r, got A": lambda: (
        te.comm_reducer(lambda x, y: x + y * A[0, 0], lambda d: 0.0, name="r")(A[0, k], axis=k)
    ),
    "expected numbers for '+', got bools": lambda: te.sum(A[0, k] > 0, axis=k),
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_misuse_is_refused_with_a_sentence(sentence):
    with pytest.raises(ExpressionError) as caught:
        REFUSED[sentence]()
    assert caught.value.message.startswith(sentence)


def test_a_reduction_of_two_values_combines_them() -> None:
    n = te.var("n")
    longest = te.comm_reducer(te.maximum, lambda dtype: te.const(0, dtype), "longest")
    assert str(longest(n, te.const(3))) == "max(n, 3)"


def test_a_combination_may_depend_on_data_axes_and_sizes() -> None:
    n = te.var("n")

    def above(i):
        reducer = te.comm_reducer(lambda x, y: x + y - i * n, lambda dtype: i * n, name="above")
        return reducer(r, axis=r)

    op = te.compute((5,), above, name="C").op
    combiner = op.bodies[0].combiner
    assert combiner.around == (op.axis[0], n)
    other = combiner.with_values([te.const(2), n])
    assert [str(expr) for expr in (*other.results, *other.identities)] == ["x0 + y0 - n*2", "n*2"]
    assert combiner.with_values(combiner.around) is combiner
