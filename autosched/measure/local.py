"""Measures candidates on this machine: builds them on every core, then times one at a time.

While a search proposes candidates, workers build others: those of the second half of a round, as
it has the times of the first half, and then the first half of the next round. A worker verifies
what it has built with one call. Nothing is built or verified, nor a reference computed, while a
kernel is timed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, wait
from dataclasses import asdict, replace
from itertools import count

import numpy as np

from autosched.config import Settings
from autosched.measure.cases import WorkerMeasurer
from autosched.measure.channel import Plain
from autosched.measure.measurer import ROUNDS, Collect, Report
from autosched.measure.options import MeasureOptions
from autosched.measure.outcome import Outcome
from autosched.measure.process import Failure
from autosched.measure.workers import Reply, Request, WorkerPool
from autosched.tuning_logs import content_key

_BUILDS_PER_WORKER = 4
"""Candidates built before the first is timed, unless the caller says how many."""

_PROCESSES = 2
"""How many processes compare finalists, if there are as many: the physical pages of each affect its
times."""

_BUILDING: set[Future[Reply]] = set()
"""The builds and references that have not ended, of all measurers of this process."""


class LocalMeasurer(WorkerMeasurer):
    """A Measurer for this machine's CPU.

    Candidates are built for the target with the text `target` and for `threads` threads.
    `sizes` maps the names of symbolic sizes to their values, and `given` maps the positions of
    tensors to inputs; the other inputs are random. `pool` has the workers and the options, where
    they were started before.
    """

    def __init__(
        self,
        target: str,
        threads: int = 1,
        options: MeasureOptions | None = None,
        sizes: Mapping[str, int] | None = None,
        given: Mapping[int, np.ndarray] | None = None,
        pool: WorkerPool | None = None,
    ):
        Settings.from_environment()  # raises here, not in the worker for each candidate
        super().__init__(options or MeasureOptions(), sizes, given, pool)
        self._target = target
        self._threads = threads
        self._numbers = count()
        self._turns = count()

    def prepare(self, workload: str) -> None:
        _until_it_ends(self._cases.begin(workload))

    def measure(
        self,
        workload: str,
        candidates: Sequence[str],
        best_ns: float | None = None,
        report: Report | None = None,
    ) -> list[Outcome]:
        return self.begin(workload, candidates)(report, best_ns)

    def begin(self, workload: str, candidates: Sequence[str], early: int | None = None) -> Collect:
        _until_it_ends(self._cases.begin(workload))
        ahead = early or _BUILDS_PER_WORKER * self._options.workers
        builds = self._begun(workload, candidates[:ahead], verified=True)

        def collect(report: Report | None = None, best_ns: float | None = None) -> list[Outcome]:
            outcomes: list[Outcome] = []
            best = best_ns if best_ns is not None else float("inf")
            try:
                self._cases.folder(workload)
                for position in range(len(candidates)):
                    outcomes.append(self._measured(*builds[position], best))
                    best = min(best, outcomes[-1].time_ns)
                    if position + 1 == len(builds):  # before the report, which takes time
                        following = candidates[len(builds) :][:ahead]
                        builds.extend(self._begun(workload, following, verified=True))
                    if report:
                        report(position, outcomes[-1])
            finally:
                for _, future in builds:  # after an error nobody waits for the others
                    future.cancel()
            if not _BUILDING:
                self._pool.retire_worn()
            return outcomes

        return collect

    def compare(
        self, workload: str, candidates: Sequence[str], rounds: int = ROUNDS
    ) -> list[Outcome]:
        workers = [next(self._turns) % self._options.workers for _ in range(_PROCESSES)]
        begun = [
            self._begun(workload, [trace], worker=workers[position % _PROCESSES])[0]
            for position, trace in enumerate(candidates)
        ]
        wait(_BUILDING.copy())
        outcomes: dict[int, Outcome] = {}
        good: dict[int, Plain] = {}
        for position, (build, future) in enumerate(begun):
            built = future.result()
            if built.failure:
                outcomes[position] = _not_built(built.failure)
            else:
                good[position] = build
        for worker in workers:
            for position, outcome in self._compare(workload, good, rounds, worker).items():
                outcomes[position] = _joined(outcomes.get(position), outcome)
            good = self._contending(good, outcomes)
        return [outcomes[position] for position in range(len(candidates))]

    def _contending(
        self, builds: Mapping[int, Plain], outcomes: Mapping[int, Outcome]
    ) -> dict[int, Plain]:
        """Return the builds whose times may be the best when they are measured again."""
        least = min((outcome.time_ns for outcome in outcomes.values()), default=0.0)
        most = self._options.contending * least
        return {
            position: build
            for position, build in builds.items()
            if outcomes[position].ok and outcomes[position].time_ns <= most
        }

    def _compare(
        self, workload: str, builds: Mapping[int, Plain], rounds: int, worker: int
    ) -> dict[int, Outcome]:
        """Return the outcome of each build by position; if the joint run fails, run each alone."""
        if not builds:
            return {}
        request = {
            "task": "compare",
            "builds": list(builds.values()),
            "rounds": rounds,
            "repeat_ns": self._options.compare_repeat_ns,
            "cold": self._options.cold,
        }
        deadline_s = self._options.run_timeout_s * (len(builds) + 1)
        reply = self._asked(workload, request, deadline_s, worker)
        if reply.failure is None:
            values = zip(builds, reply.value, strict=True)
            return {position: Outcome.from_plain(value) for position, value in values}
        if len(builds) == 1:
            return dict.fromkeys(builds, _failed(reply.failure))
        outcomes: dict[int, Outcome] = {}
        for position, build in builds.items():
            outcomes |= self._compare(workload, {position: build}, rounds, worker)
        return outcomes

    def _begun(
        self,
        workload: str,
        traces: Sequence[str],
        worker: int | None = None,
        verified: bool = False,
    ) -> list[tuple[Plain, Future[Reply]]]:
        """Start to build the traces in parallel; return each request's arguments and its reply.

        If they are to be `verified`, each is called once after it is built.
        """
        folder = self._cases.place(workload) if verified else ""
        builds = []
        for trace in traces:
            build = {
                "number": next(self._numbers),
                "workload": workload,
                "trace": trace,
                "target": self._target,
                "threads": self._threads,
                "file": str(self._folder / "code" / content_key(workload + trace)),
                **_intrinsics(trace),
            }
            request = {"task": "build", **build}
            call = {"task": "run", "build": build, "folder": folder}
            following = Request(call, self._options.run_timeout_s) if verified else None
            future = self._pool.submit(request, self._options.build_timeout_s, worker, following)
            _until_it_ends(future)
            builds.append((build, future))
        return builds

    def _measured(self, build: Plain, future: Future[Reply], best_ns: float) -> Outcome:
        """Wait until nothing is built any more, and time a build."""
        wait(_BUILDING.copy())
        built = future.result()
        if built.failure:
            return _not_built(built.failure)
        first = _first_call(built)
        if first is None or (first.ok and not self._is_hopeless(first, best_ns)):
            return self._run(build, built, best_ns)
        if first.ok:
            self._forget(build, built.worker)
        return first

    def _forget(self, build: Plain, worker: int) -> None:
        """Let a worker drop a build that is not timed: it may keep megabytes."""
        request = {"task": "forget", "number": build["number"]}
        _until_it_ends(self._pool.submit(request, self._options.run_timeout_s, worker))

    def _is_hopeless(self, first: Outcome, best_ns: float) -> bool:
        """Return whether a first call, of one thread, took far longer than the best."""
        plan = self._options.timing
        return self._threads == 1 and plan.is_hopeless(first.time_ns, best_ns)

    def _run(self, build: Plain, built: Reply, best_ns: float) -> Outcome:
        request = {
            "task": "run",
            "build": build,
            "best_ns": best_ns if best_ns < float("inf") else None,
            "timing": asdict(self._options.timing),
            "cold": self._options.cold,
            "verified": _first_call(built) is not None,
        }
        deadline_s = self._options.run_timeout_s
        reply = self._asked(build["workload"], request, deadline_s, built.worker)
        if reply.failure:
            return _failed(reply.failure, build_ms=built.value)
        return Outcome.from_plain(reply.value)

    def _asked(self, workload: str, request: Plain, deadline_s: float, worker: int) -> Reply:
        """Send a request that needs the workload's case, and return the reply."""

        def submit(folder: str) -> Future[Reply]:
            return self._pool.submit({**request, "folder": folder}, deadline_s, worker)

        return self._cases.ask(workload, submit)


def _intrinsics(trace: str) -> dict[str, list[str]]:
    """Return the tensor intrinsics that a trace names, for a process that has not declared them."""
    if '"tensorize"' not in trace:
        return {}
    from autosched.schedule.primitives import Tensorize  # late: few candidates need them
    from autosched.schedule.trace import from_json
    from autosched.te.portable_intrinsic import to_json
    from autosched.te.tensor_intrinsic import declared

    names = (step.instruction for step in from_json(trace) if isinstance(step, Tensorize))
    found = (declared(name) for name in dict.fromkeys(names))
    return {"intrinsics": [to_json(each) for each in found if each is not None]}


def _first_call(built: Reply) -> Outcome | None:
    """Return the outcome of the call after a build; None if the case was not written then."""
    reply = built.following
    if reply is None or reply.lost:
        return None
    if reply.failure:
        return _failed(reply.failure, build_ms=built.value)
    return replace(Outcome.from_plain(reply.value), stopped_early=True)


def _joined(before: Outcome | None, outcome: Outcome) -> Outcome:
    """Return the outcome of a finalist with the times of another process as well."""
    if before is None or not outcome.ok:
        return outcome
    return replace(outcome, times_ns=(*before.times_ns, *outcome.times_ns))


def _until_it_ends(future: Future[Reply]) -> None:
    """Time nothing until the future has ended."""
    _BUILDING.add(future)
    future.add_done_callback(_BUILDING.discard)


def _not_built(failure: Failure) -> Outcome:
    return replace(_failed(failure), while_building=True)


def _failed(failure: Failure, build_ms: float = 0.0) -> Outcome:
    return Outcome(failure.kind, failure.reason, build_ms=build_ms)
