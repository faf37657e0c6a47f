"""Groups of stages, which are moved together."""

import pytest

from autosched import te
from autosched.errors import ScheduleError
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, means_the_same


def steps():
    A = te.placeholder((8,), name="A")
    B = te.compute((8,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((8,), lambda i: B[i] * 2.0, name="C")
    return A, B, C, te.compute((8,), lambda i: C[i] - 3.0, name="D")


def test_a_group_is_computed_in_one_loop() -> None:
    _, B, C, D = steps()
    s = create_schedule(D)
    group = s.create_group(outputs=C, inputs=B, include_inputs=True)
    assert (s[B].group, s[C].group, s[D].group) == (group, group, None)
    outer, _ = s[D].split(D.op.axis[0], 4)
    group.compute_at(s[D], outer)
    assert (group.attach_stage, group.num_child_stages, s[B].attach_type) == (s[D], 2, 4)
    golden(
        s,
        """
        for i.outer in 0..2:
            for i in 0..8 at most:
                B[i] = A[i] + 1.0
            for i in 0..8 at most:
                C[i] = B[i] * 2.0
            for i.inner in 0..4:
                D[i] = C[i] - 3.0
        """,
    )
    means_the_same(s)


def test_groups_in_groups() -> None:
    _, B, C, D = steps()
    s = create_schedule(D)
    inner = s.create_group(outputs=C, inputs=B)
    outer = s.create_group(outputs=C, inputs=B, include_inputs=True)
    assert (inner.group, outer.group) == (outer, None)
    assert (inner.num_child_stages, outer.num_child_stages) == (1, 2)
    assert s.groups == [inner, outer]
    with pytest.raises(ScheduleError, match="stages between the inputs and the outputs"):
        s.create_group(outputs=B, inputs=D)


def test_a_copy_has_groups_of_its_own_stages() -> None:
    _, B, C, D = steps()
    s = create_schedule(D)
    group = s.create_group(outputs=C, inputs=B, include_inputs=True)
    outer, _ = s[D].split(D.op.axis[0], 4)
    copied = s.copy()
    copied.groups[0].compute_at(copied[D], outer)
    assert (copied[B].group, copied.groups[0].attach_stage) == (copied.groups[0], copied[D])
    assert (s[B].group, group.attach_stage, s[B].attach_type) == (group, None, 1)
    means_the_same(copied)
    means_the_same(s)
