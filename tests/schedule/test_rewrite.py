"""Indices from data in a schedule."""

from __future__ import annotations

from autosched import te
from autosched.ir.traverse import walk
from autosched.te.bounds import Inside


def test_indices_from_data_are_marked_and_others_are_not() -> None:
    W = te.placeholder((9, 4), name="W")
    at = te.placeholder((5,), "int32", name="at")
    C = te.compute((5, 4), lambda i, j: W[at[i], j], name="C")
    s = te.create_schedule(C)
    assert s.gathers
    (mark,) = [node for node in walk(s[C].op.bodies[0]) if type(node) is Inside]
    assert (mark.tensor, mark.dimension, str(mark.extent)) == ("W", 0, "9")
    assert s[C].op.axis == C.op.axis
    assert "C[i, j] = W[inside(int64(at[i])), j]" in str(s)


def test_without_them_nothing_is_rewritten() -> None:
    A = te.placeholder((5,), name="A")
    C = te.compute((5,), lambda i: A[i] + 1.0, name="C")
    s = te.create_schedule(C)
    assert not s.gathers
    assert s[C].op is C.op
