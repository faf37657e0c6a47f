"""Fuse: adjacent loops of one kind become one."""

from __future__ import annotations

import numpy as np

import autosched
from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses


def test_two_loops() -> None:
    s = create_schedule(C := matmul())
    fused = s[C].fuse(*C.op.axis)
    assert fused.name == "i.j.fused"
    golden(
        s,
        """
        for i.j.fused in 0..24:
            for k in 0..8:
                C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_three_loops_at_once() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    outer, inner = s[C].split(i, 2)
    s[C].fuse(outer, inner, j)
    golden(
        s,
        """
        for i.outer.i.inner.fused.j.fused in 0..24:
            for k in 0..8:
                C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_reduce_axes_and_a_list() -> None:
    s = create_schedule(C := matmul())
    outer, inner = s[C].split(C.op.reduce_axis[0], 3)
    s[C].fuse([outer, inner])
    golden(
        s,
        """
        for i in 0..4:
            for j in 0..6:
                for k.outer.k.inner.fused in 0..9:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_symbolic_extents() -> None:
    s = create_schedule(C := matmul(te.var("m"), te.var("n")))
    s[C].fuse(*C.op.axis)
    assert "in 0..m*n:" in str(s)


def test_one_loop_stays() -> None:
    s = create_schedule(C := matmul())
    assert s[C].fuse(C.op.axis[0]) is C.op.axis[0]
    golden(s, str(create_schedule(matmul())))


def test_loops_may_be_given_in_any_order() -> None:
    s, other = create_schedule(C := matmul()), create_schedule(D := matmul())
    s[C].fuse(*C.op.axis)
    other[D].fuse(*reversed(D.op.axis))
    golden(other, str(s))
    assert other.trace == s.trace


def test_loops_that_are_not_adjacent() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    outer, inner = s[C].split(i, 2)
    refuses(s, lambda: s[C].fuse(outer, j), "adjacent loops", "i.outer and j", "reorder")
    refuses(s, lambda: s[C].fuse(inner, inner), "adjacent loops")


def test_loops_of_two_kinds() -> None:
    s = create_schedule(C := matmul())
    refuses(
        s,
        lambda: s[C].fuse(C.op.axis[1], C.op.reduce_axis[0]),
        "the data axis j and the reduce axis k",
    )


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[s.tensors[0]].fuse(), "a stage that is computed to fuse no loops")
    refuses(s, lambda: s[C].fuse("i", "j"), "expected an axis of stage C, got 'i'")
    s[C].unroll(C.op.axis[0])
    refuses(s, lambda: s[C].fuse(*C.op.axis), "which is unrolled")


def test_no_loops_make_one_of_one_point() -> None:
    A = te.placeholder((4,), name="A")
    k = te.reduce_axis((0, 4), name="k")
    C = te.compute((), lambda: te.sum(A[k], axis=k), name="C")
    D = te.compute((), lambda: C[()] + 1.0, name="D")
    s = create_schedule(D)
    outer, inner = s[D].split(s[D].fuse(*D.op.axis), nparts=8)
    s[D].parallel(outer)
    s[C].compute_at(s[D], inner)
    golden(
        s,
        """
        parallel unit.outer in 0..1:
            for unit.inner in 0..1:
                for k in 0..4:
                    C[] += A[k]
                D[] = C[] + 1.0
        """,
    )
    np.testing.assert_array_equal(autosched.build(s, [A, D])(np.ones(4, "float32")), 5.0)


def test_a_made_loop_and_later_steps() -> None:
    s = create_schedule(C := matmul(4, 6, 8))
    unit = s[C].fuse()
    k_outer, _ = s[C].split(C.op.reduce_axis[0], 4)
    s.rfactor(C, k_outer)
    s[C].fuse(unit, C.op.axis[0])
    means_the_same(s)
    s = create_schedule(C)
    s[C].fuse()
    s.cache_write(C, "local")
    means_the_same(s)
