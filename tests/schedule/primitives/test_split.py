"""Split: the nest, the tails, and what cannot be split."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.errors import NotOfferedError
from autosched.schedule import create_schedule
from tests.schedule.nests import chain, copy, golden, matmul, means_the_same, refuses, rowsum


def test_by_factor() -> None:
    B = copy()
    s = create_schedule(B)
    outer, inner = s[B].split(B.op.axis[0], factor=8)
    assert (outer.name, inner.name) == ("i.outer", "i.inner")
    golden(
        s,
        """
        for i.outer in 0..8:
            for i.inner in 0..8:
                B[i] = A[i] * 2.0
        """,
    )


def test_by_nparts() -> None:
    B = copy()
    s = create_schedule(B)
    s[B].split(B.op.axis[0], nparts=7)
    golden(
        s,
        """
        for i.outer in 0..7:
            for i.inner in 0..9:
                B[i] = A[i] * 2.0
        """,
    )


def test_a_factor_over_the_extent_is_the_extent() -> None:
    B = copy(5)
    s = create_schedule(B)
    s[B].split(B.op.axis[0], 64)
    golden(
        s,
        """
        for i.outer in 0..1:
            for i.inner in 0..5:
                B[i] = A[i] * 2.0
        """,
    )


@pytest.mark.parametrize("tail", ["shift", "pad", "partition"])
def test_the_tail_shows_where_tiles_come_out_uneven(tail: str) -> None:
    B = copy()
    s = create_schedule(B)
    outer, _ = s[B].split(B.op.axis[0], 8, tail=tail)
    s[B].split(outer, 2, tail=tail)
    golden(
        s,
        f"""
        for i.outer.outer in 0..4 [i: {tail}]:
            for i.outer.inner in 0..2:
                for i.inner in 0..8:
                    B[i] = A[i] * 2.0
        """,
    )


def test_a_symbolic_extent() -> None:
    B = copy(te.var("n"))
    s = create_schedule(B)
    s[B].split(B.op.axis[0], 8, tail="partition")
    golden(
        s,
        """
        for i.outer in 0..(n + 7)//8 [i: partition]:
            for i.inner in 0..8:
                B[i] = A[i] * 2.0
        """,
    )


def test_integers_of_other_kinds() -> None:
    B = copy()
    s = create_schedule(B)
    s[B].split(B.op.axis[0], np.int64(8))
    assert s.trace[0].factor == 8
    assert type(s.trace[0].factor) is int


def test_axes_that_are_no_loops() -> None:
    B = copy()
    s = create_schedule(B)
    i = B.op.axis[0]
    s[B].split(i, 8)
    refuses(s, lambda: s[B].split(i, 8), "stage B", "i, which is split already", "i.inner")
    s = create_schedule(C := matmul())
    s[C].fuse(*C.op.axis)
    refuses(s, lambda: s[C].split(C.op.axis[1], 2), "j, which is fused already", "i.j.fused")


def test_loops_of_which_something_was_said() -> None:
    C = matmul()
    s = create_schedule(C)
    i, j = C.op.axis
    s[C].vectorize(j)
    s[C].pragma(i, "hint")
    refuses(s, lambda: s[C].split(j, 2), "which is vectorized", "split first")
    refuses(s, lambda: s[C].split(i, 2), "given a pragma")


def test_a_loop_in_which_something_is_computed() -> None:
    C = chain()
    s = create_schedule(C)
    s[s.stages[1]].compute_at(s[C], C.op.axis[0])
    s[C].split(C.op.axis[0], 2)
    golden(
        s,
        """
        for i.outer in 0..4:
            for i.inner in 0..2:
                for i in 0..8 at most:
                    B[i] = A[i] + 1.0
                C[i] = B[i] * 2.0
        """,
    )
    means_the_same(s)


def test_factors_that_make_no_sense() -> None:
    B = copy()
    s = create_schedule(B)
    i = B.op.axis[0]
    for factor in (0, -3, 2.5, "8", True, [8], 10.0):
        refuses(s, lambda factor=factor: s[B].split(i, factor), "a positive integer")
    refuses(s, lambda: s[B].split(i), "got neither")
    refuses(s, lambda: s[B].split(i, 2, 3), "got both")
    refuses(s, lambda: s[B].split(i, 8, tail="wrap"), "'guard'", "'wrap'")


def test_axes_that_make_no_sense() -> None:
    B, other = copy(), copy()
    s = create_schedule(B)
    for axis in (0, None, "i", other.op.axis[0], te.var("i")):
        refuses(s, lambda axis=axis: s[B].split(axis, 8), "expected an axis of stage B")
    refuses(s, lambda: s[s.stages[0]].split(B.op.axis[0], 8), "which is an input")


def test_the_mark_is_under_the_loop() -> None:
    s = create_schedule(C := matmul())
    s[C].vectorize(C.op.axis[1])
    refuses(s, lambda: s[C].split(C.op.axis[1], 2), "vectorized j in 0..6:\n                 ^\n")


def test_shift_needs_a_whole_tile_and_no_symbols() -> None:
    s = create_schedule(B := copy(60))
    refuses(s, lambda: s[B].split(B.op.axis[0], 64, tail="shift"), "at least a tile", "got 60")
    s = create_schedule(B := copy(te.var("n")))
    refuses(s, lambda: s[B].split(B.op.axis[0], 8, tail="shift"), "constant extent", "got n")


@pytest.mark.parametrize("tail", ["shift", "pad"])
def test_reduce_axes_are_not_computed_past_their_end(tail: str) -> None:
    s = create_schedule(B := rowsum())
    k = B.op.reduce_axis[0]
    refuses(s, lambda: s[B].split(k, 3, tail=tail), "the reduce axis k", "guard")
    s[B].split(k, 3, tail="partition")


def test_shifted_tiles_stay_outside_of_the_reduction() -> None:
    s = create_schedule(B := rowsum(5))
    i, k = B.op.axis[0], B.op.reduce_axis[0]
    s[B].reorder(k, i)
    refuses(s, lambda: s[B].split(i, 3, tail="shift"), "inside of k", "reorder i before k")
    s[B].reorder(i, k)
    outer, inner = s[B].split(i, 3, tail="shift")
    s[B].reorder(k, inner)
    refuses(s, lambda: s[B].reorder(k, outer), "shifted tiles", "i.outer")


def test_even_tiles_shift_nothing_and_may_stand_inside() -> None:
    s = create_schedule(B := rowsum(6))
    s[B].reorder(B.op.reduce_axis[0], B.op.axis[0])
    s[B].split(B.op.axis[0], 3, tail="shift")
    assert "shift" not in str(s)


def test_disable_predication_is_not_offered() -> None:
    s = create_schedule(B := copy())
    with pytest.raises(NotOfferedError, match="disable_predication"):
        s[B].split(B.op.axis[0], 8, disable_predication=True)
