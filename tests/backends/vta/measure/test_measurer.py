"""Candidates for an accelerator, measured by several processes at once."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator

import pytest

from autosched.backends.vta.measure.measurer import SimulatingMeasurer
from autosched.backends.vta.measure.tasks import VtaBuilder
from autosched.errors import MeasureError
from autosched.measure.options import MeasureOptions
from autosched.measure.outcome import Outcome
from autosched.schedule.trace import to_json
from autosched.vta.lowering import Program
from tests.backends.vta.tasks import conv_task, every_vector

TASK = conv_task()
TRACES = [to_json(TASK.sketches[0].bind(v)) for v in every_vector(TASK.sketches[0])]


@pytest.fixture(scope="module")
def measurer() -> Iterator[SimulatingMeasurer]:
    with SimulatingMeasurer(str(TASK.backend), 2) as measurer:
        yield measurer


def plain(outcomes: list[Outcome]) -> list[tuple[object, ...]]:
    return [(outcome.kind, outcome.reason, outcome.times_ns) for outcome in outcomes]


def test_every_candidate_that_is_let_through_is_right(measurer: SimulatingMeasurer) -> None:
    reported: list[int] = []
    outcomes = measurer.measure(
        TASK.text, TRACES, report=lambda position, _: reported.append(position)
    )
    assert reported == list(range(len(TRACES)))
    kinds = [outcome.kind for outcome in outcomes]
    assert set(kinds) == {"ok", "build_error"}
    assert kinds.count("ok") > len(kinds) // 2
    assert all(len(o.times_ns) == 1 and o.build_ms > 0 for o in outcomes if o.ok)
    assert all(o.reason.startswith("expected") for o in outcomes if not o.ok)
    assert plain(measurer.compare(TASK.text, TRACES[:5])) == plain(outcomes[:5])


def test_one_process_finds_the_same(measurer: SimulatingMeasurer) -> None:
    with SimulatingMeasurer(str(TASK.backend), 1) as alone:
        found = alone.measure(TASK.text, TRACES[:6])
    assert plain(found) == plain(measurer.measure(TASK.text, TRACES[:6]))


def test_what_the_listener_raises_ends_it(measurer: SimulatingMeasurer) -> None:
    class Enough(Exception):
        pass

    def report(position: int, outcome: Outcome) -> None:
        raise Enough

    with pytest.raises(Enough):
        measurer.measure(TASK.text, TRACES, report=report)
    assert measurer.measure(TASK.text, TRACES[:1])[0].ok


def test_a_workload_that_is_none(measurer: SimulatingMeasurer) -> None:
    with pytest.raises(MeasureError, match="expected a workload whose reference"):
        measurer.measure('{"version": 77}', TRACES[:1])
    assert measurer.measure(TASK.text, []) == []


def test_closing_removes_the_files() -> None:
    measurer = SimulatingMeasurer(str(TASK.backend), 1)
    measurer.measure(TASK.text, TRACES[:1])
    folder = measurer._cases._folder
    assert list(folder.rglob("case.json"))
    measurer.close()
    assert not folder.exists()


def test_a_reference_is_prepared_once() -> None:
    with SimulatingMeasurer(str(TASK.backend), 1) as measurer:
        measurer.prepare(TASK.text)
        measurer.prepare(TASK.text)
        assert measurer.measure(TASK.text, TRACES[:1])[0].ok
        assert measurer._pool._processes[0] is not None
        # The settings, what empties a new worker, the reference, the candidate.
        assert measurer._pool._processes[0].requests == 4


def test_a_reference_that_fails_is_told_to_those_who_need_it() -> None:
    with SimulatingMeasurer(str(TASK.backend), 1) as measurer:
        measurer.prepare('{"version": 77}')
        for _ in range(2):
            with pytest.raises(MeasureError, match="expected a workload whose reference"):
                measurer.measure('{"version": 77}', TRACES[:1])
        assert measurer.measure(TASK.text, TRACES[:1])[0].ok


def pid_of(measurer: SimulatingMeasurer) -> int:
    process = measurer._pool._processes[0]
    assert process is not None
    return process._process.pid


def test_what_is_killed_from_outside_or_loses_its_files_is_measured_all_the_same() -> None:
    with SimulatingMeasurer(str(TASK.backend), 1) as measurer:
        before = measurer.measure(TASK.text, TRACES[:6])
        collect = measurer.begin(TASK.text, TRACES[:6])
        os.kill(pid_of(measurer), signal.SIGKILL)
        shutil.rmtree(measurer._cases._folder)
        assert plain(collect(None)) == plain(before)


def test_our_own_slip_is_an_internal_error() -> None:
    options = MeasureOptions(
        workers=1,
        tasks="autosched.backends.vta.measure.tasks:SimulatorTasks",
        builder="tests.backends.vta.measure.test_measurer:Slipping",
    )
    with SimulatingMeasurer(str(TASK.backend), options=options) as measurer:
        (outcome,) = measurer.measure(TASK.text, TRACES[:1])
    assert outcome.kind == "internal_error"
    assert "in compile" in outcome.reason
    assert outcome.reason.endswith("IndexError: a slip of ours")


class Slipping(VtaBuilder):
    def compile(self, workload: str, trace: str, target: str, threads: int) -> Program:
        raise IndexError("a slip of ours")
