"""Tile: two splits and a reorder in one step."""

from __future__ import annotations

from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, refuses
from tests.schedule.random_schedules import recurrent


def test_two_loops() -> None:
    s = create_schedule(C := matmul(64, 60))
    axes = s[C].tile(*C.op.axis, 8, 16)
    assert [axis.name for axis in axes] == ["i.outer", "j.outer", "i.inner", "j.inner"]
    assert len(s.trace) == 1
    golden(
        s,
        """
        for i.outer in 0..8:
            for j.outer in 0..4:
                for i.inner in 0..8:
                    for j.inner in 0..16:
                        for k in 0..8:
                            C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_a_data_and_a_reduce_axis_with_a_tail() -> None:
    s = create_schedule(C := matmul())
    s[C].tile(C.op.axis[1], C.op.reduce_axis[0], 4, 4, tail="partition")
    golden(
        s,
        """
        for i in 0..4:
            for j.outer in 0..2 [j: partition]:
                for k.outer in 0..2:
                    for j.inner in 0..4:
                        for k.inner in 0..4:
                            C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_shifted_loops_stay_outside_of_the_reduction() -> None:
    s = create_schedule(C := matmul(5, 6))
    i, j = C.op.axis
    outer, _ = s[C].split(i, 2, tail="shift")
    s[C].reorder(C.op.reduce_axis[0], j)
    refuses(s, lambda: s[C].tile(outer, j, 2, 2), "shifted tiles", "guard")


def test_one_loop_twice() -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s[C].tile(C.op.axis[0], C.op.axis[0], 2, 2), "two loops", "i twice")


def test_what_its_splits_refuse() -> None:
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    for factor in (0, None, "4", -1):
        refuses(s, lambda factor=factor: s[C].tile(i, j, 4, factor), "a positive integer")
    refuses(s, lambda: s[C].tile(i, C.op.reduce_axis[0], 3, 3, tail="pad"), "reduce axis k")
    s[C].vectorize(j)
    refuses(s, lambda: s[C].tile(i, j, 2, 2), "which is vectorized")


def test_the_steps_of_a_scan_stay_in_order() -> None:
    s = create_schedule(scan := recurrent())
    outer, inner = s[scan].split(s[scan].leaves[0], 2)
    refuses(s, lambda: s[scan].tile(outer, inner, 2, 2), "whose steps run one after the other")
