"""Reorder: the given loops in the places they hold together."""

from __future__ import annotations

from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, refuses


def test_all_loops() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    s[C].reorder(C.op.reduce_axis[0], j, i)
    golden(
        s,
        """
        for k in 0..8:
            for j in 0..6:
                for i in 0..4:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_loops_that_are_not_given_stay() -> None:
    s = create_schedule(C := matmul())
    s[C].reorder(C.op.reduce_axis[0], C.op.axis[0])
    golden(
        s,
        """
        for k in 0..8:
            for j in 0..6:
                for i in 0..4:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_one_loop_stays_where_it_is() -> None:
    s = create_schedule(C := matmul())
    s[C].reorder(C.op.axis[1])
    golden(s, str(create_schedule(matmul())))


def test_loops_twice_or_gone() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    refuses(s, lambda: s[C].reorder(i, j, i), "got i twice")
    s[C].split(i, 2)
    refuses(s, lambda: s[C].reorder(j, i), "i, which is split already")


def test_loops_of_another_stage() -> None:
    s = create_schedule(C := matmul())
    other = matmul()
    refuses(s, lambda: s[C].reorder(*other.op.axis), "expected an axis of stage C")
    refuses(s, lambda: s[C].reorder(), "one or more positions")
    refuses(s, lambda: s[C].reorder(1, 0), "expected an axis of stage C, got 1")


def test_several_reduce_loops_beside_shifted_tiles() -> None:
    s = create_schedule(C := matmul(5))
    ko, ki = s[C].split(C.op.reduce_axis[0], 2)
    outer, inner = s[C].split(C.op.axis[0], 3, tail="shift")
    s[C].reorder(ko, ki, inner)
    refuses(s, lambda: s[C].reorder(ki, ko, outer), "got i.outer", "inside of k.inner")
