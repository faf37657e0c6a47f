"""Faulty candidates have their kinds of outcome, and the measurer goes on."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path

import pytest

from autosched.errors import InternalError, MeasureError
from autosched.measure import local
from autosched.measure.channel import Plain
from autosched.measure.local import LocalMeasurer
from autosched.measure.options import MeasureOptions, TimingPlan
from autosched.measure.outcome import Outcome
from autosched.measure.workers import Reply

QUICK = TimingPlan(repeat_ns=1e5, max_repeats=4)
OPTIONS = MeasureOptions(
    workers=2,
    run_timeout_s=2.0,
    build_timeout_s=2.0,
    memory_bytes=400 << 20,
    builder="tests.measure.hook:Hook",
    timing=QUICK,
    contending=float("inf"),  # which of two equal kernels is faster is chance
)


@pytest.fixture(scope="module")
def measurer() -> Iterator[LocalMeasurer]:
    with LocalMeasurer("cpu", options=OPTIONS) as measurer:
        yield measurer


EXPECTED = {
    "good": ("ok", ""),
    "wrong": ("wrong_result", "at c[0, 0], got"),
    "incomplete": ("wrong_result", "at c[3, 5], got -431602080.0; 1 of 24 elements are wrong"),
    "beside": ("wrong_result", "expected writes inside c only, got writes beside it"),
    "input": ("wrong_result", "24 of 24 elements are wrong"),
    "segfault": ("crashed", "SIGSEGV in the run"),
    "illegal": ("crashed", "SIGILL in the run"),
    "endless": ("timeout", "the run took more than 2 s"),
    "no_kernel": ("build_error", "expected a nest with code, got none"),
    "allocates": ("out_of_memory", "allocate"),
    "allocates_natively": ("out_of_memory", "LLVM ERROR: out of memory"),
    "killed": ("out_of_memory", "the system killed the process"),
    "builds_forever": ("timeout", "the build took more than 2 s"),
    "dies_building": ("crashed", "SIGSEGV in the build: the last words"),
    "bug": ("internal_error", "KeyError: 'a slip of ours'\nTraceback"),
    "exits": ("crashed", "ended with status 3"),
}


def test_each_candidate_has_its_kind_of_outcome(measurer: LocalMeasurer) -> None:
    names = [name for bad in EXPECTED for name in ("good", bad)] + ["good"]
    reported: dict[int, Outcome] = {}
    outcomes = measurer.measure("add", names, report=reported.__setitem__)
    assert [reported[i] for i in range(len(names))] == outcomes
    for name, outcome in zip(names, outcomes, strict=True):
        kind, reason = EXPECTED[name]
        assert outcome.kind == kind, (name, outcome)
        assert reason in outcome.reason, (name, outcome)
        assert bool(outcome.times_ns) == (kind == "ok")


def test_a_changed_input_is_restored(measurer: LocalMeasurer) -> None:
    outcomes = measurer.measure("add", ["input", "good", "input", "good"])
    assert [outcome.ok for outcome in outcomes] == [False, True, False, True]


def test_a_slow_candidate_stops_early(measurer: LocalMeasurer) -> None:
    (outcome,) = measurer.measure("add", ["good"], best_ns=1e-6)
    assert outcome.ok
    assert outcome.stopped_early
    assert len(outcome.times_ns) == 1


def test_a_bug_in_autosched_keeps_its_traceback(measurer: LocalMeasurer) -> None:
    bug, good = measurer.measure("add", ["bug", "good"])
    assert bug.kind == "internal_error"
    first, *trace = bug.reason.splitlines()
    assert first == trace[-1] == "KeyError: 'a slip of ours'"
    assert any("hook.py" in line and "in bug" in line for line in trace)
    assert good.ok


def test_a_crash_of_the_compiler_has_a_traceback(
    measurer: LocalMeasurer,
) -> None:
    running, building, refused = measurer.measure("add", ["segfault", "dies_building", "no_kernel"])
    assert [outcome.is_our_fault for outcome in (running, building, refused)] == [0, 1, 0]
    assert "in dies_building" in building.reason
    assert "hook.py" not in running.reason


def test_a_bug_in_a_reference_is_raised(measurer: LocalMeasurer) -> None:
    with pytest.raises(InternalError, match=r"hook\.py(.|\n)*KeyError: 'a slip of ours'"):
        measurer.measure("bug", ["good"])
    assert measurer.measure("add", ["good"])[0].ok


def test_an_exception_of_report_ends_the_measurement(measurer: LocalMeasurer) -> None:
    def report(position: int, outcome: Outcome) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measurer.measure("add", ["good", "good"], report=report)


def test_a_round_is_begun_while_another_is_measured(measurer: LocalMeasurer) -> None:
    first = measurer.begin("add", ["good", "wrong", "good", "good"])
    later: list[Outcome] = []

    def report(position: int, outcome: Outcome) -> None:
        if position == 1:
            later.extend(measurer.begin("add", ["no_kernel", "good"])())

    assert [outcome.kind for outcome in first(report)] == ["ok", "wrong_result", "ok", "ok"]
    assert [outcome.kind for outcome in later] == ["build_error", "ok"]


def test_the_others_are_built_when_the_early_outcomes_are_known(
    measurer: LocalMeasurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    begin = measurer._begun

    def noted(
        workload: str, traces: Sequence[str], verified: bool
    ) -> list[tuple[Plain, Future[Reply]]]:
        begun.append(len(traces))
        return begin(workload, traces, verified=verified)

    def report(position: int, outcome: Outcome) -> None:
        known.append(sum(begun))

    monkeypatch.setattr(measurer, "_begun", noted)
    known: list[int] = []
    measurer.begin("add", ["good"] * 24, early=15)(report)
    assert [count for count in begun if count] == [15, 9]
    assert known == [15] * 14 + [24] * 10


def test_nothing_is_built_while_a_kernel_is_timed(
    measurer: LocalMeasurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[int] = []
    run = measurer._run

    def watched(build: Plain, built: Reply, best_ns: float) -> Outcome:
        assert not local._BUILDING
        begun.append(build["number"])
        return run(build, built, best_ns)

    monkeypatch.setattr(measurer, "_run", watched)
    following = measurer.begin("add", ["good"] * 3)
    measurer.measure("add", ["good"] * 5)
    following()
    assert len(set(begun)) == 8


def test_what_was_built_is_called_before_any_is_timed(
    measurer: LocalMeasurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Plain] = []
    ask = measurer._asked

    def noted(workload: str, request: Plain, deadline_s: float, worker: int) -> Reply:
        asked.append(request)
        return ask(workload, request, deadline_s, worker)

    monkeypatch.setattr(measurer, "_asked", noted)
    names = ["good", "wrong", "segfault", "good"]
    kinds = [outcome.kind for outcome in measurer.measure("add", names)]
    assert kinds == ["ok", "wrong_result", "crashed", "ok"]
    assert [(request["build"]["trace"], request["verified"]) for request in asked] == [
        ("good", True),
        ("good", True),
    ]
    (hopeless,) = measurer.measure("add", ["good"], best_ns=-1e9)
    assert hopeless.ok
    assert hopeless.stopped_early
    assert len(asked) == 2


def test_no_build_is_kept_that_is_not_timed() -> None:
    options = replace(OPTIONS, workers=1, tasks="tests.measure.hook:Counting")
    with LocalMeasurer("cpu", options=options) as measurer:
        for best_ns in (None, -1e9):
            assert measurer.measure("add", ["good"], best_ns=best_ns)[0].ok
            assert measurer._pool.submit({"task": "count"}, 2.0).result().value == 0


def test_without_a_case_a_candidate_is_verified_when_it_is_timed(
    measurer: LocalMeasurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measurer._cases, "place", lambda workload: "nowhere")
    kinds = [outcome.kind for outcome in measurer.measure("add", ["good", "wrong"])]
    assert kinds == ["ok", "wrong_result"]


def test_no_reference_is_computed_while_a_kernel_is_timed(
    measurer: LocalMeasurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = measurer._run

    def watched(build: Plain, built: Reply, best_ns: float) -> Outcome:
        assert all(future.done() for _, future in measurer._cases._begun.values())
        return run(build, built, best_ns)

    monkeypatch.setattr(measurer, "_run", watched)
    first = measurer.begin("add", ["good"])
    measurer.prepare("slow reference")
    assert first()[0].ok


def test_a_round_that_is_given_up_leaves_nothing_to_build(measurer: LocalMeasurer) -> None:
    def report(position: int, outcome: Outcome) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        measurer.measure("add", ["good"] * 40, report=report)
    assert measurer.compare("add", ["good"], rounds=2)[0].ok
    assert not local._BUILDING


def test_no_candidates(measurer: LocalMeasurer) -> None:
    assert measurer.measure("add", []) == []
    assert measurer.compare("add", []) == []


def test_finalists_are_compared(measurer: LocalMeasurer) -> None:
    names = ["good", "wrong", "no_kernel", "dies_building", "good"]
    outcomes = measurer.compare("add", names, rounds=2)
    assert [o.kind for o in outcomes] == ["ok", "wrong_result", "build_error", "crashed", "ok"]
    assert [len(o.times_ns) for o in outcomes] == [4, 0, 0, 0, 4]  # in each of two processes


def test_finalists_that_are_clearly_slower_have_no_turns_in_the_second_process(
    measurer: LocalMeasurer, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = [(100.0, 102.0), (103.0, 104.0), (106.0, 90.0)]
    asked: list[list[int]] = []

    def compared(
        workload: str, builds: dict[int, Plain], rounds: int, worker: int
    ) -> dict[int, Outcome]:
        asked.append([*builds])
        return {place: Outcome("ok", "", (times[place][len(asked) - 1],)) for place in builds}

    monkeypatch.setattr(measurer, "_compare", compared)
    monkeypatch.setattr(measurer, "_options", replace(OPTIONS, contending=1.05))
    outcomes = measurer.compare("add", ["good"] * 3)
    assert asked == [[0, 1, 2], [0, 1]]
    assert [outcome.times_ns for outcome in outcomes] == [(100, 102), (103, 104), (106,)]


def test_a_finalist_that_crashes_does_not_affect_others(measurer: LocalMeasurer) -> None:
    outcomes = measurer.compare("add", ["good", "segfault", "good"], rounds=2)
    assert [outcome.kind for outcome in outcomes] == ["ok", "crashed", "ok"]
    assert "SIGSEGV in the compare" in outcomes[1].reason


def files(measurer: LocalMeasurer) -> list[Path]:
    return sorted(measurer._cases._folder.rglob("*.*"))


@pytest.mark.parametrize("how", ["all", "arrays", "cut off"])
def test_removed_files_of_a_case_are_written_again(how: str) -> None:
    with LocalMeasurer("cpu", options=replace(OPTIONS, workers=1)) as measurer:
        assert measurer.measure("add", ["good"])[0].ok
        assert not measurer.measure("add", ["wrong"])[0].ok  # the process, spoiled, is replaced
        for file in files(measurer):
            if how == "cut off":
                file.write_bytes(file.read_bytes()[:40])
            elif how == "all" or file.suffix == ".npy":
                file.unlink()
        if how == "all":
            shutil.rmtree(measurer._cases._folder)
        assert measurer.measure("add", ["good"])[0].ok
        assert measurer.compare("add", ["good"], rounds=2)[0].ok
        assert files(measurer)


def test_files_removed_repeatedly_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalMeasurer("cpu", options=replace(OPTIONS, workers=1)) as measurer:
        monkeypatch.setattr(
            measurer._cases, "folder", lambda workload: str(measurer._cases._folder / "nowhere")
        )
        with pytest.raises(MeasureError, match="expected the files of a workload to stay"):
            measurer.measure("add", ["good"])


def test_a_workload_without_a_reference(measurer: LocalMeasurer) -> None:
    with pytest.raises(MeasureError, match="expected a workload, got none"):
        measurer.measure("no reference", ["good"])


def test_closing_removes_the_files() -> None:
    measurer = LocalMeasurer("cpu", options=OPTIONS)
    measurer.measure("add", ["good"])
    folder = measurer._cases._folder
    assert list(folder.rglob("case.json"))
    measurer.close()
    assert not folder.exists()
