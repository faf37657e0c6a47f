"""The conditions around the nodes of an expression."""

from __future__ import annotations

from autosched import te
from autosched.ir.expr import Const, Expr
from autosched.ir.traverse import walk
from autosched.lowering.data_indices import conditions
from autosched.te.tensor import TensorRead


def condition_of_read(tensor: te.Tensor) -> Expr:
    bodies = tensor.op.bodies
    reads = [node for node in walk(bodies[0]) if type(node) is TensorRead]
    return conditions(bodies)[reads[0]]


def test_without_a_choice_there_is_none() -> None:
    A = te.placeholder((4,), name="A")
    needed = condition_of_read(te.compute((4,), lambda i: A[i] + 1.0))
    assert type(needed) is Const
    assert needed.value is True


def test_a_branch_is_needed_where_it_is_taken() -> None:
    A = te.placeholder((4,), name="A")
    then = te.compute((4,), lambda i: te.if_then_else(i < 2, A[i], 0.0))
    assert str(condition_of_read(then)) == "i < 2"
    otherwise = te.compute(
        (4,), lambda i: te.if_then_else(i < 2, 0.0, te.if_then_else(i > 2, A[i], 1.0))
    )
    assert str(condition_of_read(otherwise)) == "not i < 2 and 2 < i"


def test_what_two_places_share_is_needed_where_either_is() -> None:
    A = te.placeholder((4,), name="A")

    def body(i: te.Axis) -> Expr:
        value = A[i]
        return te.if_then_else(i < 1, value, 0.0) + te.if_then_else(i > 2, value, 0.0)

    assert str(condition_of_read(te.compute((4,), body))) == "2 < i or i < 1"


def test_what_decides_is_always_needed() -> None:
    A = te.placeholder((4,), name="A")

    def leaky(i: te.Axis) -> Expr:
        value = A[i]
        return te.if_then_else(value > 0, value, value * 0.1)

    needed = condition_of_read(te.compute((4,), leaky))
    assert type(needed) is Const


def test_a_reduction_needs_what_its_condition_takes() -> None:
    A = te.placeholder((4, 5), name="A")
    k = te.reduce_axis((0, 5), name="k")
    C = te.compute((4,), lambda i: te.sum(A[i, k], axis=k, where=k <= i), name="C")
    assert str(condition_of_read(C)) == "k <= i"
