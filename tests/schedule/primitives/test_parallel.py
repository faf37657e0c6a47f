"""Parallel: one data loop of a stage."""

from __future__ import annotations

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, refuses, rowsum


def test_an_outer_loop() -> None:
    s = create_schedule(B := rowsum())
    s[B].parallel(B.op.axis[0])
    golden(
        s,
        """
        parallel i in 0..4:
            for k in 0..8:
                B[i] += A[i, k]
        """,
    )


def test_a_symbolic_extent() -> None:
    s = create_schedule(B := rowsum(te.var("n")))
    s[B].parallel(B.op.axis[0])
    golden(
        s,
        """
        parallel i in 0..n:
            for k in 0..8:
                B[i] += A[i, k]
        """,
    )


def test_a_reduce_axis() -> None:
    s = create_schedule(B := rowsum())
    refuses(s, lambda: s[B].parallel(B.op.reduce_axis[0]), "the reduce axis k", "rfactor")


def test_twice() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    s[C].parallel(i)
    s[C].parallel(i)
    refuses(s, lambda: s[C].vectorize(i), "which is parallel")
    refuses(s, lambda: s[C].parallel(j), "one parallel loop", "i", "fuse")


def test_shifted_tiles_of_a_reduction() -> None:
    s = create_schedule(B := rowsum(5))
    outer, inner = s[B].split(B.op.axis[0], 2, tail="shift")
    refuses(s, lambda: s[B].parallel(outer), "share no points", "partition")
    s[B].parallel(inner)


def test_shifted_tiles_that_add_nothing_up() -> None:
    A = te.placeholder((5,), name="A")
    B = te.compute((5,), lambda i: A[i] + 1.0, name="B")
    s = create_schedule(B)
    outer, _ = s[B].split(B.op.axis[0], 2, tail="shift")
    s[B].parallel(outer)
    assert s[B].kinds[outer].value == "parallel"


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].parallel(None), "expected an axis of stage C, got None")
    s[C].fuse(*C.op.axis)
    refuses(s, lambda: s[C].parallel(C.op.axis[0]), "fused already")


def test_inside_of_a_vectorized_loop() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    s[C].vectorize(i)
    refuses(s, lambda: s[C].parallel(j), "got j inside of i", "reorder j before i")
    s[C].reorder(j, i)
    s[C].parallel(j)
    refuses(s, lambda: s[C].reorder(i, j), "got j inside of i")


def test_outside_of_a_vectorized_loop() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    s[C].parallel(j)
    refuses(s, lambda: s[C].vectorize(i), "got j inside of i")
    s[C].reorder(j, i)
    s[C].vectorize(i)
    golden(
        s,
        """
        parallel j in 0..6:
            vectorized i in 0..4:
                for k in 0..8:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )
