"""Computations over loops instead of axes."""

from autosched import te
from autosched.schedule import create_schedule
from autosched.schedule.relayout import loop_indices, over_loops


def test_indices_lead_back_to_the_point() -> None:
    A = te.placeholder((10, 6), name="A")
    B = te.compute((10, 6), lambda i, j: A[i, j] * 2.0, name="B")
    s = create_schedule(B)
    outer, inner = s[B].split(B.op.axis[0], 4)
    s[B].reorder(outer, B.op.axis[1], inner)
    axes, bodies = over_loops(B.op, s[B].leaves, s[B].relations)
    assert [int(axis.extent) for axis in axes] == [3, 6, 4]
    assert str(bodies[0]) == (
        "select(i.outer.c*4 + i.inner.c < 10, A[i.outer.c*4 + i.inner.c, j.c] * 2.0, 0.0)"
    )
    found = loop_indices(B.op, s[B].leaves, s[B].relations)
    assert [str(index) for index in found] == ["i//4", "j", "i%4"]
