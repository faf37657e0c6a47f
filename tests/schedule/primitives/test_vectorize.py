"""Vectorize: one data loop of a constant extent."""

from __future__ import annotations

from autosched import te
from autosched.schedule import check_schedule, create_schedule
from tests.schedule.nests import argmax, chain, copy, golden, matmul, refuses, rowsum


def test_an_inner_loop() -> None:
    s = create_schedule(C := matmul())
    s[C].vectorize(C.op.axis[1])
    golden(
        s,
        """
        for i in 0..4:
            vectorized j in 0..6:
                for k in 0..8:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_a_tile_of_a_symbolic_extent() -> None:
    s = create_schedule(B := copy(te.var("n")))
    i = B.op.axis[0]
    refuses(s, lambda: s[B].vectorize(i), "constant extent", "extent n", "split it by a factor")
    s[B].vectorize(s[B].split(i, 8)[1])
    golden(
        s,
        """
        for i.outer in 0..(n + 7)//8:
            vectorized i.inner in 0..8:
                B[i] = A[i] * 2.0
        """,
    )


def test_the_reduce_axis_of_a_sum() -> None:
    s = create_schedule(B := rowsum())
    s[B].vectorize(B.op.reduce_axis[0])
    golden(
        s,
        """
        for i in 0..4:
            vectorized k in 0..8:
                B[i] += A[i, k]
        """,
    )


def test_the_reduce_axis_of_pairs() -> None:
    s = create_schedule(C := argmax()[0])
    refuses(s, lambda: s[C].vectorize(C.op.reduce_axis[0]), "the reduce axis k", "rfactor")


def test_twice() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    s[C].vectorize(j)
    s[C].vectorize(j)
    refuses(s, lambda: s[C].unroll(j), "which is vectorized")
    refuses(s, lambda: s[C].vectorize(i), "one vectorized loop", "fuse the two")
    s[C].parallel(i)
    refuses(s, lambda: s[C].vectorize(i), "which is parallel")


def test_a_loop_in_which_something_is_computed() -> None:
    s = create_schedule(C := chain())
    outer, inner = s[C].split(C.op.axis[0], 4)
    s[s.stages[1]].compute_at(s[C], inner)
    s[C].vectorize(outer)
    golden(
        s,
        """
        vectorized i.outer in 0..2:
            for i.inner in 0..4:
                for i in 0..8 at most:
                    B[i] = A[i] + 1.0
                C[i] = B[i] * 2.0
        """,
    )
    check_schedule(s)


def test_a_loop_inside_of_which_nothing_is_computed() -> None:
    s = create_schedule(C := chain())
    outer, inner = s[C].split(C.op.axis[0], 4)
    s[s.stages[1]].compute_at(s[C], outer)
    s[C].vectorize(inner)
    assert s[C].kinds[inner].value == "vectorized"


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].vectorize(8), "expected an axis of stage C, got 8")
    s[C].split(C.op.axis[1], 2)
    refuses(s, lambda: s[C].vectorize(C.op.axis[1]), "split already")
