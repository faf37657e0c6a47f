"""inline_all: bodies in the place of reads, through several stages."""

from __future__ import annotations

import numpy as np

from autosched import te
from autosched.ir.traverse import postorder
from autosched.schedule import create_schedule
from autosched.schedule.inline import inline_all
from autosched.te.evaluate import evaluate
from tests.schedule.nests import chain


def test_a_chain_becomes_one_body() -> None:
    C = chain()
    D = te.compute((4,), lambda i: C[7 - i] - 3.0, name="D")
    s = create_schedule(D)
    before = str(s.stages[-1].op.bodies[0])
    s[s.stages[1]].compute_inline()
    s[C].compute_inline()
    op = inline_all(s)[s[D]]
    assert str(op.bodies[0]) == "(A[7 - i] + 1.0) * 2.0 - 3.0"
    assert op.outputs == D.op.outputs
    assert [tensor.name for tensor in op.input_tensors] == ["A"]
    assert str(s[D].op.bodies[0]) == before


def test_into_a_reduction_and_its_condition() -> None:
    A = te.placeholder((4, 8), name="A")
    B = te.compute((4, 8), lambda i, j: A[i, j] * 2.0, name="B")
    k = te.reduce_axis((0, 8), name="k")
    C = te.compute((4,), lambda i: te.sum(B[i, k], axis=k, where=B[i, k] > 0.0), name="C")
    s = create_schedule(C)
    s[B].compute_inline()
    op = inline_all(s)[s[C]]
    assert [tensor.name for tensor in op.input_tensors] == ["A"]
    assert op.reduce_axis == (k,)


def test_what_is_not_inlined_stays_the_same() -> None:
    s = create_schedule(C := chain())
    ops = inline_all(s)
    assert [ops[stage] for stage in s.stages] == [stage.op for stage in s.stages]
    assert ops[s[C]] is C.op


def test_the_meaning_stays() -> None:
    A = te.placeholder((5, 6), name="A")
    B = te.compute((6, 5), lambda i, j: A[j, i] + 1.0, name="B")
    C = te.compute((6, 5), lambda i, j: B[i, j] * B[5 - i, j], name="C")
    D = te.compute((6, 5), lambda i, j: C[i, 4 - j] + B[i, j], name="D")
    s = create_schedule(D)
    values = np.arange(30, dtype="float32").reshape(5, 6)
    (want,) = evaluate([D], {A: values})
    s[B].compute_inline()
    s[C].compute_inline()
    op = inline_all(s)[s[D]]
    copied = te.compute((6, 5), lambda i, j: te.const(0.0), name="D")
    copied.op.axes, copied.op.bodies = op.axes, op.bodies
    np.testing.assert_array_equal(evaluate([copied], {A: values})[0], want)


def test_equal_reads_of_an_inlined_stage_become_one_value() -> None:
    last = te.placeholder((8,), name="A")
    for number in range(40):
        last = te.compute(
            (8,),
            lambda i, x=last: te.if_then_else(x[i] > 0.0, x[i], x[i] * 0.5),
            name=f"leaky{number}",
        )
    s = create_schedule(last)
    for stage in s.stages[1:-1]:
        stage.compute_inline()
    assert len(postorder(inline_all(s)[s[last]].bodies)) == 40 * 5 + 4


def test_a_long_chain_is_inlined() -> None:
    last = te.placeholder((8,), name="A")
    for number in range(1500):
        last = te.compute((8,), lambda i, x=last: x[i] + 1.0, name=f"stage{number}")
    s = create_schedule(last)
    for stage in s.stages[1:-1]:
        stage.compute_inline()
    assert len(postorder(inline_all(s)[s[last]].bodies)) == 2 + 2 * 1500


def test_a_stored_inlined_stage_has_its_own_producers_inside() -> None:
    s = create_schedule(C := chain())
    B = s.stages[1].op.outputs[0]
    D = te.compute((8,), lambda i: C[i] - 3.0, name="D")
    s = create_schedule(D)
    s[B].compute_inline()
    s[C].compute_inline()
    assert str(inline_all(s)[s[C]].bodies[0]) == str(C.op.bodies[0])
    assert str(inline_all(s, stored={C})[s[C]].bodies[0]) == "(A[i] + 1.0) * 2.0"


def test_an_element_without_indices() -> None:
    T = te.placeholder((), name="T")
    S = te.compute((), lambda: T() * 2.0, name="S")
    D = te.compute((4,), lambda i: S() + 1.0, name="D")
    s = create_schedule(D)
    s[S].compute_inline()
    assert str(inline_all(s)[s[D]].bodies[0]) == "T[] * 2.0 + 1.0"
