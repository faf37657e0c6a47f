"""Unroll: any loop of a constant extent."""

from __future__ import annotations

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, refuses, rowsum


def test_data_and_reduce_loops() -> None:
    s = create_schedule(C := matmul())
    s[C].unroll(C.op.axis[1])
    s[C].unroll(C.op.reduce_axis[0])
    golden(
        s,
        """
        for i in 0..4:
            unrolled j in 0..6:
                unrolled k in 0..8:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_a_symbolic_extent() -> None:
    s = create_schedule(B := rowsum(4, te.var("m")))
    k = B.op.reduce_axis[0]
    refuses(s, lambda: s[B].unroll(k), "constant extent", "extent m")
    s[B].unroll(s[B].split(k, 4)[1])
    golden(
        s,
        """
        for i in 0..4:
            for k.outer in 0..(m + 3)//4:
                unrolled k.inner in 0..4:
                    B[i] += A[i, k]
        """,
    )


def test_twice() -> None:
    s = create_schedule(C := matmul())
    s[C].unroll(C.op.axis[0])
    once = str(s)
    s[C].unroll(C.op.axis[0])
    assert str(s) == once
    refuses(s, lambda: s[C].parallel(C.op.axis[0]), "which is unrolled", "one way")


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].unroll("i"), "expected an axis of stage C, got 'i'")
    s[C].split(C.op.axis[0], 2)
    refuses(s, lambda: s[C].unroll(C.op.axis[0]), "split already")
