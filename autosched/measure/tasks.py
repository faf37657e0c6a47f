"""What a worker can be asked to do. Requests and answers are plain values."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autosched.errors import AutoschedError
from autosched.measure.backend import load_backend
from autosched.measure.case import Case, load_case, save_case
from autosched.measure.memory import limit_growth
from autosched.measure.native_loop import NativeRunner
from autosched.measure.options import TimingPlan
from autosched.measure.outcome import Outcome
from autosched.measure.timer import Runner, interleave, time_adaptively
from autosched.runtime.kernel import Kernel

Plain = dict[str, Any]


class Lost(Exception):
    """A build was asked for that an earlier process of this worker had."""


class Refused(Exception):
    """A workload without a reference, or a candidate without a kernel, and why."""


@dataclass(frozen=True)
class Build:
    """A candidate's kernel, for so many threads, and what making it took."""

    kernel: Kernel
    build_ms: float
    threads: int


class Tasks:
    """The builds this worker holds, by number, and the case it runs them on."""

    def __init__(self, backend: str, memory_bytes: int, pin: bool):
        self._backend = load_backend(backend)
        self._memory_bytes = memory_bytes
        self._builds: dict[int, Build] = {}
        self._folder = ""
        self._case: Case | None = None
        self._pin = pin and hasattr(os, "sched_setaffinity")

    def perform(self, task: str, **arguments: Any) -> Any:
        """Do what the request says; `task` is the name of one of the methods below."""
        return getattr(self, f"_do_{task}")(**arguments)

    def _do_reference(self, workload: str, sizes: Mapping[str, int], folder: str) -> None:
        try:
            reference = self._backend.reference(workload, sizes)
        except AutoschedError as error:
            raise Refused(str(error)) from error
        save_case(reference, Path(folder))

    def _do_build(self, number: int, workload: str, trace: str, target: str, threads: int) -> float:
        start = time.perf_counter()
        try:
            kernel = self._backend.compile(workload, trace, target, threads)
        except AutoschedError as error:
            raise Refused(str(error)) from error
        build_ms = (time.perf_counter() - start) * 1e3
        self._builds[number] = Build(kernel, build_ms, threads)
        return build_ms

    def _do_run(self, number: int, folder: str, best_ns: float | None, timing: Plain) -> Plain:
        build = self._taken(number)
        with self._on_one_core():
            run, first_ns, mistake = self._verified(build, folder)
            if mistake:
                return Outcome("wrong_result", mistake, build_ms=build.build_ms).to_plain()
            timed = time_adaptively(run, TimingPlan(**timing), best_ns, first_ns)
        return Outcome("ok", "", timed.times_ns, build.build_ms, timed.stopped_early).to_plain()

    def _do_compare(
        self, numbers: Sequence[int], folder: str, rounds: int, repeat_ns: float
    ) -> list[Plain]:
        """Run several builds in turn."""
        builds = [self._taken(number) for number in numbers]
        with self._on_one_core():
            checked = [self._verified(build, folder) for build in builds]
            good = [run for run, _, mistake in checked if not mistake]
            times = iter(interleave(good, rounds, repeat_ns))
        outcomes = [
            Outcome("wrong_result", mistake, build_ms=build.build_ms)
            if mistake
            else Outcome("ok", "", next(times), build.build_ms)
            for (_, _, mistake), build in zip(checked, builds, strict=True)
        ]
        return [outcome.to_plain() for outcome in outcomes]

    def _do_forget(self) -> None:
        self._builds.clear()

    @contextmanager
    def _on_one_core(self) -> Iterator[None]:
        """Only if asked for: it would keep a parallel kernel from its other cores."""
        if not self._pin:
            yield
            return
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cores)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)

    def _taken(self, number: int) -> Build:
        """The build, which this worker then no longer holds."""
        if number not in self._builds:
            raise Lost
        return self._builds.pop(number)

    def _verified(self, build: Build, folder: str) -> tuple[Runner, float, str | None]:
        """What calls the kernel, how long its first call took, and what was wrong with that."""
        case = self._loaded(folder)
        run = _runner(build, case)
        case.poison()
        first_ns = run(1)
        mistake = case.mistake()
        if mistake and case.restore_inputs():
            mistake += "; it also wrote to an input"
        return run, first_ns, mistake

    def _loaded(self, folder: str) -> Case:
        if self._case is None or folder != self._folder:
            self._case, self._folder = load_case(Path(folder)), folder
            limit_growth(self._memory_bytes)
        return self._case


def _runner(build: Build, case: Case) -> Runner:
    kernel = build.kernel
    arguments = dict(zip((p.name for p in kernel.signature.params), case.arguments, strict=True))
    constants = {name: arguments.pop(name) for name in kernel.signature.constants}
    callee = kernel.bind(**constants) if constants else kernel
    words = callee.pointers(*arguments.values())
    return NativeRunner(kernel.address, words, callee, own_time=build.threads == 1)
