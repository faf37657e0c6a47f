"""Placeholders, sizes, axes and computes, and the errors of invalid ones."""

import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Const
from autosched.te.axis import AxisKind

A = te.placeholder((7, 5), name="A")


def test_a_placeholder_has_its_shape_dtype_and_name():
    weight = te.placeholder((3, te.var("n")), "int8", name="W", constant=True)
    assert (weight.name, weight.dtype.name, weight.ndim) == ("W", "int8", 2)
    assert weight.op.constant
    assert not A.op.constant


def test_one_extent_needs_no_tuple():
    assert te.placeholder(4).ndim == 1
    assert te.compute(4, lambda i: i * 2).ndim == 1


def test_axes_have_the_names_of_the_functions_arguments():
    C = te.compute((7, 5), lambda row, column: A[row, column], name="C")
    assert [axis.name for axis in C.op.axis] == ["row", "column"]
    D = te.compute((7, 5), lambda *i: A(*i))
    assert [axis.name for axis in D.op.axis] == ["i0", "i1"]
    E = te.compute((7, 5), lambda first, *rest: A(first, *rest))
    assert [axis.name for axis in E.op.axis] == ["first", "rest0"]


def test_axes_of_starred_arguments_may_be_named():
    C = te.compute((7, 5), lambda row, *i: A(row, *i), varargs_names=["column"])
    assert [axis.name for axis in C.op.axis] == ["row", "column"]
    with pytest.raises(ExpressionError, match="expected 1 names in varargs_names of compute"):
        te.compute((7, 5), lambda row, *i: A(row, *i), varargs_names=["x", "y"])


def test_an_argument_with_a_default_may_carry_a_value():
    C = te.compute((7,), lambda i, j=2: A[i, j])
    assert C.op.bodies[0].indices[1].value == 2


def test_several_outputs_are_several_tensors_of_one_operation():
    low, high = te.compute((7,), lambda i: (A[i, 0], A[i, 4].astype("int32")), name="pair")
    assert low.op is high.op
    assert (low.name, high.name) == ("pair.v0", "pair.v1")
    assert (low.dtype.name, high.dtype.name) == ("float32", "int32")


def test_one_value_in_a_tuple_is_one_tensor():
    assert te.compute((7,), lambda i: (A[i, 0],)).name == "compute"


def test_a_number_is_a_body():
    assert te.compute((2,), lambda i: 1.5).dtype.name == "float32"


def test_a_tensor_without_dimensions_is_its_element():
    scalar = te.compute((), lambda: te.const(2.0, "float32"), name="two")
    C = te.compute((3,), lambda i: i.astype("float32") * scalar)
    assert C.op.input_tensors == [scalar]


def test_indices_are_64_bit():
    table = te.placeholder((4,), "int32", name="table")
    C = te.compute((4,), lambda i: A[table[i], 0])
    assert C.op.bodies[0].indices[0].dtype.name == "int64"


def test_indexing_step_by_step_is_indexing():
    C = te.compute((7, 5), lambda i, j: A[i][j])
    assert len(C.op.bodies[0].indices) == 2


def test_a_size_may_be_given_as_int32():
    assert te.var("n", "int32").dtype.name == "int64"
    assert te.size_var("n").name == "n"


def test_a_reduce_axis_has_the_given_start():
    k = te.reduce_axis((2, 9), name="k")
    assert isinstance(k.extent, Const)
    assert (k.start.value, k.extent.value, k.kind) == (2, 7, AxisKind.REDUCE)


def test_thread_axes_are_named_by_their_tag():
    assert te.thread_axis("threadIdx.x").name == "threadIdx.x"
    virtual = te.thread_axis((0, 4), "vthread")
    assert (virtual.extent.value, virtual.kind) == (4, AxisKind.THREAD)


def test_reads_are_listed_once_in_order():
    B = te.placeholder((7, 5), name="B")
    C = te.compute((7, 5), lambda i, j: B[i, j] + A[i, j] * B[i, 0])
    assert C.op.input_tensors == [B, A]


REFUSED = {
    "expected a dtype, got 'float33'": lambda: te.placeholder((2,), "float33"),
    "expected a scalar dtype, got float32x4": lambda: te.placeholder((2,), "float32x4"),
    "expected an extent of at least 1 in dimension 1 of A, got 0": lambda: te.placeholder(
        (2, 0), name="A"
    ),
    "expected an extent of at least 1 in dimension 0 of C, got -3": lambda: te.compute(
        (-3,), lambda i: i, name="C"
    ),
    "expected an extent of less than 2**63 in dimension 0 of A, got 9223": lambda: te.placeholder(
        (2**63,), name="A"
    ),
    "expected an integer in the shape of A, got": lambda: te.placeholder((2.5,), name="A"),
    "expected a shape for A, got None": lambda: te.placeholder(None, name="A"),
    "expected an expression or a number, got 'n'": lambda: te.placeholder("n"),
    "expected a name, got ''": lambda: te.placeholder((2,), name=""),
    "expected the dtype int64 or a float for the scalar n, got int8": lambda: te.var("n", "int8"),
    "expected a name for a size such as n, got 'n-1'": lambda: te.var("n-1"),
    "expected a name for a size such as n, got '2'": lambda: te.var("2"),
    "expected a range (start, stop) for the axis k, got 5": lambda: te.reduce_axis(5, name="k"),
    "expected an extent of at least 1 in the reduce axis k, got 0": lambda: te.reduce_axis(
        (3, 3), name="k"
    ),
    "expected a tag for the thread axis, got none": lambda: te.thread_axis((0, 4)),
    "expected a function of the axes of C, got 5": lambda: te.compute((2,), 5, name="C"),
    "expected a function of 2 axes for C, got one of 1": lambda: te.compute(
        (7, 5), lambda i: i, name="C"
    ),
    "expected a function of 1 axes for C, got one of 2": lambda: te.compute(
        (7,), lambda i, j: i, name="C"
    ),
    "expected an expression as the value of C, got None": lambda: te.compute(
        (7,), lambda i: None, name="C"
    ),
    "expected a value for C, got an empty tuple": lambda: te.compute(
        (7,), lambda i: (), name="C"
    ),
    "expected an expression or a number, got 'x' of type str": lambda: te.compute(
        (7,), lambda i: "x"
    ),
    "expected 2 indices for A, got 3": lambda: te.compute((7,), lambda i: A[i, i, i]),
    "expected 2 indices for A, got 1": lambda: te.compute((7,), lambda i: A(i)),
    "expected 2 indices for A, got 0": lambda: te.compute((7,), lambda i: 1 * i + A),
    "expected an integer index for A, got": lambda: te.compute((7,), lambda i: A[A[i, 0], 0]),
    "expected a Python truth value, got the expression": lambda: te.compute(
        (7,), lambda i: A[i, 0] if A[i, 0] > 0 else A[i, 1]
    ),
    "expected a bool, got": lambda: te.compute(
        (7,), lambda i: te.if_then_else(A[i, 0], 1.0, 2.0)
    ),
    "expected float operands for '/', got int64": lambda: te.compute((7,), lambda i: i / 2),
    "expected a number for 'exp', got a bool": lambda: te.exp(A[0, 0] > 1),
    "expected an integer for 'popcount', got the dtype float32": lambda: te.popcount(A[0, 0]),
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_misuse_is_refused_with_a_sentence(sentence):
    with pytest.raises(ExpressionError) as caught:
        REFUSED[sentence]()
    assert caught.value.message.startswith(sentence)


def test_a_number_too_large_for_any_dtype_is_refused():
    A = te.placeholder((8,), "int32", name="A")
    for make in (lambda i: i + 2**70, lambda i: A[i] - 2**63 - 1):
        with pytest.raises(ExpressionError, match=r"expected an integer that int"):
            te.compute((8,), make)
    assert te.compute((8,), lambda i: A[i] + 2**40).dtype == "int64"
    assert te.compute((8,), lambda i: A[i].astype("float32") + 2**70).dtype == "float32"
