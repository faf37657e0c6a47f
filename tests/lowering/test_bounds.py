"""The ranges of axes, found without lowering."""

from autosched import te
from autosched.lowering.bounds import inferred_bounds


def chain(n):
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] + 1.0, name="B")
    return B, te.compute((n,), lambda i: B[i] * 2.0, name="C")


def test_a_stage_in_a_loop_covers_what_is_read_there() -> None:
    B, C = chain(te.var("n"))
    s = te.create_schedule(C)
    outer, inner = s[C].split(C.op.axis[0], 8)
    s[B].compute_at(s[C], outer)
    bounds = inferred_bounds(s)
    assert bounds[B.op.axis[0]].extent.value == 8
    assert str(bounds[B.op.axis[0]].min) == "i.outer*8"
    assert (bounds[inner].min.value, bounds[inner].extent.value) == (0, 8)


def test_extents_are_simplified() -> None:
    n = te.var("n")
    _, C = chain(n * 8)
    s = te.create_schedule(C)
    outer, _ = s[C].split(C.op.axis[0], 8)
    assert inferred_bounds(s)[outer].extent is n


def test_inlined_stages_have_no_ranges() -> None:
    B, C = chain(16)
    s = te.create_schedule(C)
    s[B].compute_inline()
    bounds = inferred_bounds(s)
    assert B.op.axis[0] not in bounds
    assert bounds[C.op.axis[0]].extent.value == 16
