"""Loops that are tensor intrinsics: which can be, and what may not be done to them then."""

from __future__ import annotations

from autosched import te
from autosched.schedule import Schedule, create_schedule, why_illegal
from autosched.schedule.instruction import instruction_of
from autosched.te.tensor_intrinsic import TensorIntrinsic
from tests.schedule.intrinsics import declared_loops, intrinsic_of
from tests.schedule.nests import chain, golden, matmul, means_the_same, refuses


def gemv(m: int, l: int) -> TensorIntrinsic:  # noqa: E741  TVM's name
    a = te.placeholder((l,), name="a")
    b = te.placeholder((m, l), name="b")
    k = te.reduce_axis((0, l), name="k")
    c = te.compute((m,), lambda i: te.sum(a[k] * b[i, k], axis=k), name="c")
    return declared_loops(c.op)


def tiled() -> tuple[Schedule, te.Tensor]:
    s = create_schedule(C := matmul(4, 6, 8))
    _, j = C.op.axis
    jo, ji = s[C].split(j, 3)
    ko, ki = s[C].split(C.op.reduce_axis[0], 4)
    s[C].reorder(jo, ko, ji, ki)
    return s, C


def test_the_loops_of_an_intrinsic() -> None:
    s, C = tiled()
    made = gemv(3, 4)
    s[C].tensorize(s[C].leaves[3], made)
    golden(
        s,
        f"""
        for i in 0..4:
            for j.outer in 0..2:
                for k.outer in 0..2:
                    for j.inner in 0..3 [tensorize='{made.name}']:
                        for k.inner in 0..4:
                            C[i, j] += A[i, k] * B[k, j]
        """,
    )
    assert instruction_of(s[C]) == (s[C].leaves[3], made)
    means_the_same(s)


def test_an_axis_may_be_several_loops() -> None:
    s, C = tiled()
    s[C].split(s[C].leaves[3], 1)
    s[C].tensorize(s[C].leaves[3], gemv(3, 4))
    assert why_illegal(s) is None


def test_other_extents_and_other_bodies() -> None:
    s, C = tiled()
    refuses(s, lambda: s[C].tensorize(s[C].leaves[3], gemv(4, 4)), "loops of the extents (3, 4)")
    refuses(s, lambda: s[C].tensorize(s[C].leaves[3], gemv(4, 3)), "3 points of j instead of 4")
    a = te.placeholder((3, 4), name="a")
    k = te.reduce_axis((0, 4), name="k")
    sums = te.compute((3,), lambda i: te.sum(a[i, k], axis=k), name="c")
    most = te.compute((3,), lambda i: te.max(a[i, k], axis=k), name="c")
    for other in (sums, most):
        made = declared_loops(other.op)
        refuses(s, lambda made=made: s[C].tensorize(s[C].leaves[3], made), "A[i, k] * B[k, j]")
    copied = te.compute((3, 4), lambda i, j: a[i, j], name="c")
    made = declared_loops(copied.op)
    refuses(s, lambda: s[C].tensorize(s[C].leaves[3], made), "loops over j of the data axes")


def test_a_part_of_a_reduction_needs_an_update() -> None:
    s, C = tiled()
    made = gemv(3, 4)
    made.update = None
    refuses(s, lambda: s[C].tensorize(s[C].leaves[3], made), "an update", "k.outer outside")
    s, C = tiled()
    s[C].reorder(s[C].leaves[3], s[C].leaves[2])
    made = gemv(1, 8)
    made.update = None
    s[C].tensorize(s[C].leaves[3], made)
    assert why_illegal(s) is None


def test_tiles_that_leave_points_out() -> None:
    s = create_schedule(C := chain(10))
    _, inner = s[C].split(C.op.axis[0], 4)
    made = intrinsic_of(s[C], 1)
    assert made is not None
    refuses(s, lambda: s[C].tensorize(inner, made), "whole tiles", "i of stage C", 'tail="shift"')
    s = create_schedule(C := chain(10))
    _, inner = s[C].split(C.op.axis[0], 4, tail="shift")
    s[C].tensorize(inner, made)
    means_the_same(s)


def test_another_in_its_place() -> None:
    s, C = tiled()
    s[C].reorder(s[C].leaves[3], s[C].leaves[2])
    leaf = s[C].leaves[2]
    s[C].tensorize(leaf, gemv(3, 8))
    s[C].reorder(s[C].leaves[3], leaf)
    assert why_illegal(s) is not None
    made = gemv(3, 4)
    s[C].tensorize(leaf, made)
    assert instruction_of(s[C]) == (leaf, made)
    assert why_illegal(s) is None


def test_one_that_was_not_declared() -> None:
    """A trace may come from a process that declared what this one has not."""
    s, C = tiled()
    refuses(s, lambda: s[C].tensorize(s[C].leaves[3], "gemv.00000000", (3, 4)), "this process has")


def test_one_in_a_stage() -> None:
    s, C = tiled()
    s[C].tensorize(s[C].leaves[3], gemv(3, 4))
    made = intrinsic_of(s[C], 4)
    assert made is not None
    refuses(s, lambda: s[C].tensorize(s[C].leaves[4], made), "one tensor intrinsic")


def test_nothing_may_come_between() -> None:
    """What is done later and breaks an intrinsic is found when the schedule is lowered."""
    s = create_schedule(C := chain(8))
    B = C.op.input_tensors[0]
    outer, inner = s[C].split(C.op.axis[0], 4)
    made = intrinsic_of(s[C], 1)
    assert made is not None
    s[C].tensorize(inner, made)
    refuses(s, lambda: s[C].split(inner, 2), "given a pragma")
    s[B].compute_at(s[C], outer)
    assert why_illegal(s) is None
    s[B].compute_at(s[C], inner)
    assert "nothing is computed" in str(why_illegal(s))
    s[B].compute_inline()
    assert "got (A[i] + 1.0) * 2.0" in str(why_illegal(s))
