"""Schedules: the stages, how they are found, and what is not offered."""

from __future__ import annotations

from typing import Any

import pytest

from autosched import te
from autosched.errors import NotOfferedError, ScheduleError
from autosched.schedule import create_schedule
from autosched.schedule.schedule import Schedule
from tests.schedule.nests import argmax, chain, copy, golden, matmul


def test_a_new_schedule_prints_its_nest() -> None:
    golden(
        create_schedule(chain()),
        """
        for i in 0..8:
            B[i] = A[i] + 1.0
        for i in 0..8:
            C[i] = B[i] * 2.0
        """,
    )


def test_producers_stand_before_consumers() -> None:
    C = matmul()
    D = te.compute((4, 6), lambda i, j: C[i, j] + 1.0, name="D")
    s = create_schedule([D.op, C])
    assert [stage.name for stage in s.stages] == ["A", "B", "C", "D"]
    assert [stage.number for stage in s.stages] == [0, 1, 2, 3]
    assert [stage.is_output for stage in s.stages] == [False, False, True, True]
    assert s.outputs == [D.op, C.op]
    assert [stage.name for stage in s.consumers(s[C])] == ["D"]


def test_numbers_do_not_depend_on_names() -> None:
    def built(*names: str) -> Schedule:
        a, b, c, d = names
        A, B = te.placeholder((4,), name=a), te.placeholder((4,), name=b)
        C = te.compute((4,), lambda i: B[i] + A[i], name=c)
        return create_schedule(te.compute((4,), lambda i: C[i] - A[i], name=d))

    first, second = built("A", "B", "C", "D"), built("z", "y", "x", "w")
    assert [s.name for s in first.stages] == ["B", "A", "C", "D"]
    assert [s.name for s in second.stages] == ["y", "z", "x", "w"]


def test_one_operation_of_several_values_is_one_stage() -> None:
    first, second = argmax()
    s = create_schedule([first, second])
    assert s[first] is s[second]
    assert s.outputs == [first.op]


def test_tensors_operations_and_stages_name_a_stage() -> None:
    s = create_schedule(C := chain())
    stage = s[C]
    assert s[C.op] is stage
    assert s[stage] is stage
    s.cache_write(C, "local")
    assert s[C] is stage
    assert s[stage.op] is stage
    assert s[s.current(C)] is stage
    assert s.current(C) is not C


def test_made_stages_get_the_next_numbers() -> None:
    s = create_schedule(C := matmul())
    CL = s.cache_write(C, "local")
    AL = s.cache_read(s.tensors[0], "local", [CL])
    assert (s[CL].number, s[AL].number) == (3, 4)
    assert [stage.name for stage in s.stages] == ["A", "A.local", "B", "C.local", "C"]


@pytest.mark.parametrize("target", [None, 3, "C", [], copy(), create_schedule(copy()).stages[1]])
def test_what_is_no_stage(target: Any) -> None:
    s = create_schedule(chain())
    with pytest.raises(ScheduleError, match="expected a tensor or an operation of this schedule"):
        s[target]


@pytest.mark.parametrize("ops", [None, [], 3, ["C"], [copy(), None]])
def test_what_has_no_schedule(ops: Any) -> None:
    with pytest.raises(ScheduleError, match="expected a tensor or an operation or a list"):
        create_schedule(ops)


def test_what_is_not_offered_is_named() -> None:
    s = create_schedule(C := chain())
    with pytest.raises(NotOfferedError, match="rolling_buffer"):
        s[C].rolling_buffer()


def test_hints_about_threads_change_nothing() -> None:
    s = create_schedule(C := chain())
    before = list(s.trace)
    s[C].set_store_predicate(C.op.axis[0].equal(0))
    s[C].env_threads([te.thread_axis("threadIdx.x")])
    assert list(s.trace) == before


def test_normalize_is_accepted() -> None:
    s = create_schedule(chain())
    assert s.normalize() is s


def test_names_of_tvm() -> None:
    s = create_schedule(C := chain())
    outer, inner = s[C].split(C.op.axis[0], 2)
    assert s[C].leaf_iter_vars == [outer, inner]
    assert s[C].all_iter_vars == [C.op.axis[0], outer, inner]


def test_te_has_create_schedule() -> None:
    assert str(te.create_schedule(chain().op)) == str(create_schedule(chain()))
