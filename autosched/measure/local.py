"""Measuring on this machine: built on every core, then timed one at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import count
from types import TracebackType

from autosched.measure.cases import Cases
from autosched.measure.measurer import Report
from autosched.measure.options import MeasureOptions
from autosched.measure.outcome import Outcome
from autosched.measure.process import Failure
from autosched.measure.workers import Reply, WorkerPool

_BUILDS_PER_WORKER = 8
"""Built before the first of them is timed: enough that no core waits, few enough to watch."""


class LocalMeasurer:
    """A Measurer for this machine's CPU; close it, or use it in a `with` statement.

    Candidates are built for the target that the text names, to run on so many `threads`.
    `sizes` are the values of the workloads' symbolic sizes, by name.
    """

    def __init__(
        self,
        target: str,
        threads: int = 1,
        options: MeasureOptions | None = None,
        sizes: Mapping[str, int] | None = None,
    ):
        self._options = options or MeasureOptions()
        self._target = target
        self._threads = threads
        self._numbers = count()
        self._turns = count()
        self._pool = WorkerPool(self._options)
        self._cases = Cases(self._pool, sizes)

    def __enter__(self) -> LocalMeasurer:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the workers, whatever they are at, and remove the files."""
        self._pool.close()
        self._cases.close()

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        outcomes: dict[int, Outcome] = {}

        def settle(position: int, outcome: Outcome) -> None:
            outcomes[position] = outcome
            if report:
                report(position, outcome)

        folder = self._cases.folder(workload)
        best = best_ns if best_ns is not None else float("inf")
        waiting = list(range(len(candidates)))
        while waiting:
            wave = waiting[: _BUILDS_PER_WORKER * self._options.workers]
            builds = self._build(workload, [candidates[position] for position in wave])
            for position, (number, built) in zip(wave, builds, strict=True):
                if built.failure:
                    settle(position, _failed(built.failure))
                    continue
                outcome = self._run(number, built, folder, best)
                if outcome:
                    best = min(best, outcome.time_ns)
                    settle(position, outcome)
            waiting = [position for position in waiting if position not in outcomes]
        self._pool.retire_worn()
        return [outcomes[position] for position in range(len(candidates))]

    def compare(self, workload: str, candidates: Sequence[str], rounds: int = 10) -> list[Outcome]:
        folder = self._cases.folder(workload)
        outcomes: dict[int, Outcome] = {}
        # Another process than last time: where its pages lie is luck that lasts as long as it.
        worker = next(self._turns) % self._options.workers
        reply = Reply(0, lost=True)
        while reply.lost:  # a build that ends the worker loses those before it
            left = [i for i in range(len(candidates)) if i not in outcomes]
            builds = self._build(workload, [candidates[i] for i in left], worker)
            numbers = {}
            for position, (number, built) in zip(left, builds, strict=True):
                if built.failure:
                    outcomes[position] = _failed(built.failure)
                else:
                    numbers[position] = number
            reply = self._compare(list(numbers.values()), folder, rounds, worker)
        for index, position in enumerate(numbers):
            failure = reply.failure
            outcomes[position] = (
                _failed(failure) if failure else Outcome.from_plain(reply.value[index])
            )
        return [outcomes[position] for position in range(len(candidates))]

    def _compare(self, numbers: Sequence[int], folder: str, rounds: int, worker: int) -> Reply:
        request = {
            "task": "compare",
            "numbers": numbers,
            "folder": folder,
            "rounds": rounds,
            "repeat_ns": self._options.compare_repeat_ns,
        }
        deadline_s = self._options.run_timeout_s * (len(numbers) + 1)
        return self._pool.submit(request, deadline_s, worker).result()

    def _build(
        self, workload: str, traces: Sequence[str], worker: int | None = None
    ) -> list[tuple[int, Reply]]:
        """The number and the reply of each build, when all have ended."""
        futures = []
        for trace in traces:
            number = next(self._numbers)
            request = {
                "task": "build",
                "number": number,
                "workload": workload,
                "trace": trace,
                "target": self._target,
                "threads": self._threads,
            }
            future = self._pool.submit(request, self._options.build_timeout_s, worker)
            futures.append((number, future))
        return [(number, future.result()) for number, future in futures]

    def _run(self, number: int, built: Reply, folder: str, best_ns: float) -> Outcome | None:
        """The outcome of a build; None where its worker died meanwhile and has it no more."""
        request = {
            "task": "run",
            "number": number,
            "folder": folder,
            "best_ns": best_ns if best_ns < float("inf") else None,
            "timing": asdict(self._options.timing),
        }
        deadline_s = self._options.run_timeout_s
        reply = self._pool.submit(request, deadline_s, built.worker).result()
        if reply.lost:
            return None
        if reply.failure:
            return _failed(reply.failure, build_ms=built.value)
        return Outcome.from_plain(reply.value)


def _failed(failure: Failure, build_ms: float = 0.0) -> Outcome:
    return Outcome(failure.kind, failure.reason, build_ms=build_ms)
