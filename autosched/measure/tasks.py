"""The requests that a worker performs. Requests and replies are values for JSON."""

from __future__ import annotations

import faulthandler
import os
import pkgutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from autosched.building import kernel_of
from autosched.errors import AutoschedError, VerifyError
from autosched.measure.builder import Builder
from autosched.measure.caches import LEAST_BYTES
from autosched.measure.case import Case, load_case, save_case
from autosched.measure.channel import Plain
from autosched.measure.memory import limit_growth, limited_output
from autosched.measure.native_loop import NativeRunner
from autosched.measure.options import TimingPlan
from autosched.measure.outcome import Outcome
from autosched.measure.timer import Runner, Timing, interleave, time_adaptively, warmed
from autosched.runtime.bound import BoundKernel
from autosched.runtime.code import MachineCode
from autosched.runtime.kernel import Kernel
from autosched.target.target import Target
from autosched.te.portable_intrinsic import declare_json

_TURNS = TimingPlan(min_repeats=2)
"""How many turns a finalist has, in each process: another turn changes the choice no more."""


class Lost(Exception):
    """The files of a case are missing or damaged."""


class Refused(Exception):
    """The workload has no reference, or the candidate has no kernel."""


@dataclass(frozen=True)
class Build:
    """A candidate's kernel for a number of threads, and the time to build it."""

    kernel: Kernel
    build_ms: float
    threads: int


class Tasks:
    """The builds of this worker by number, and the case on which it runs them.

    A build is identified by its number, workload, trace, target and threads; `intrinsics` are the
    tensor intrinsics that its trace names. Its code is kept in `file`, from which every worker can
    load it. Without it, a candidate that another process had built is built again when it is run.
    The process is `spoiled` after a candidate has written to wrong memory: later results in it
    cannot be trusted.
    """

    def __init__(self, builder: str, memory_bytes: int, pin: bool):
        self._builder: Builder = pkgutil.resolve_name(builder)()
        self._memory_bytes = memory_bytes
        self._builds: dict[int, Build] = {}
        self._folder = ""
        self._case: Case | None = None
        self._pin = pin and hasattr(os, "sched_setaffinity")
        self.spoiled = False

    def perform(self, task: str, **arguments: Any) -> Any:
        """Perform a request; `task` names one of the methods `_do_…` below."""
        return getattr(self, f"_do_{task}")(**arguments)

    def _do_reference(
        self,
        workload: str,
        sizes: Mapping[str, int],
        folder: str,
        given: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Write a workload's case; `given` maps the positions of tensors to files of inputs."""
        arrays = {int(place): np.load(file, allow_pickle=False) for place, file in given.items()}
        with refusing_errors():
            reference = self._builder.reference(workload, sizes, arrays)
        try:
            save_case(reference, Path(folder))
        except OSError as error:
            raise Refused(f"expected to write a case's files to {folder}, got {error}") from error

    def _do_build(self, number: int, **candidate: Any) -> float:
        """Build a candidate, or load its code, and keep it; return the milliseconds."""
        self._builds[number] = self._built(**candidate)
        return self._builds[number].build_ms

    def _built(
        self,
        workload: str,
        trace: str,
        target: str,
        threads: int,
        intrinsics: Sequence[str] = (),
        file: str = "",
    ) -> Build:
        start = time.perf_counter()
        kernel = _kept(file, target)
        if kernel is None:
            with refusing_errors():
                for each in intrinsics:
                    declare_json(each)
                kernel = self._builder.compile(workload, trace, target, threads)
            _keep(kernel, file)
        return Build(kernel, (time.perf_counter() - start) * 1e3, threads)

    def _do_run(
        self,
        build: Plain,
        folder: str,
        timing: Plain | None = None,
        best_ns: float | None = None,
        cold: bool = False,
        verified: bool = False,
    ) -> Plain:
        """Call a build once, unless it is `verified`, and time it.

        Without a plan for its `timing` it is kept, and its time is that of the call.
        """
        case = self._loaded(folder)
        taken = self._taken(**build)
        mistake = None
        with self._on_one_core(), limited_output():
            if verified:
                run, first_ns = _runner(taken, case, cold), 0.0
                case.poison()
            else:
                run, first_ns, mistake = self._verified(taken, case, cold)
            if timing is None:
                self._builds[build["number"]] = taken
                timed = Timing((first_ns,))
            elif mistake is None:
                timed = time_adaptively(run, TimingPlan(**timing), best_ns, first_ns)
                mistake = self._mistake(case)
        if mistake:
            return replace(mistake, build_ms=taken.build_ms).to_plain()
        return Outcome("ok", "", timed.times_ns, taken.build_ms, timed.stopped_early).to_plain()

    def _do_compare(
        self,
        builds: Sequence[Plain],
        folder: str,
        rounds: int,
        repeat_ns: float,
        cold: bool = False,
    ) -> list[Plain]:
        """Verify several builds, and time the correct ones in turn."""
        taken = [self._taken(**build) for build in builds]
        case = self._loaded(folder)
        with self._on_one_core(), limited_output():
            checked = [self._verified(build, case, cold) for build in taken]
            good = [warmed(run) for run, _, mistake in checked if not mistake]
            times = iter(interleave(good, rounds, repeat_ns, _TURNS))
        outcomes = [
            replace(mistake, build_ms=build.build_ms)
            if mistake
            else Outcome("ok", "", next(times), build.build_ms)
            for (_, _, mistake), build in zip(checked, taken, strict=True)
        ]
        return [outcome.to_plain() for outcome in outcomes]

    def _do_forget(self, number: int | None = None) -> None:
        """Drop a build with its working memory, or all of them."""
        if number is None:
            self._builds.clear()
        else:
            self._builds.pop(number, None)

    @contextmanager
    def _on_one_core(self) -> Iterator[None]:
        """Use one core if `pin` is set; a parallel kernel needs the others."""
        if not self._pin:
            yield
            return
        cores = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {max(cores)})
        try:
            yield
        finally:
            os.sched_setaffinity(0, cores)

    def _taken(self, number: int, **candidate: Any) -> Build:
        """Remove a build from this worker and return it; build it if it is not there."""
        return self._builds.pop(number, None) or self._built(**candidate)

    def _verified(
        self, build: Build, case: Case, cold: bool
    ) -> tuple[Runner, float, Outcome | None]:
        """Call the kernel once; return its runner, the call's nanoseconds, and its mistake."""
        run = _runner(build, case, cold)
        case.poison()
        first_ns = run(1)
        return run, first_ns, self._mistake(case)

    def _mistake(self, case: Case) -> Outcome | None:
        mistake = case.mistake()
        if mistake is None:
            return None
        self.spoiled = True
        return Outcome("wrong_result", mistake, may_be_rounding=case.may_be_rounding())

    def _loaded(self, folder: str) -> Case:
        if self._case is None or folder != self._folder:
            try:
                self._case, self._folder = load_case(Path(folder)), folder
            except (OSError, ValueError, KeyError) as error:
                raise Lost from error
            limit_growth(self._memory_bytes)
        return self._case


def _kept(file: str, target: str) -> Kernel | None:
    """Return the kernel whose code is in a file; None if there is none."""
    try:
        data = Path(file).read_bytes() if file else b""
    except OSError:
        return None
    return kernel_of(MachineCode.from_bytes(data), Target.parse(target)) if data else None


def _keep(kernel: Kernel, file: str) -> None:
    """Write the code of a kernel to a file, whole or not at all, if it has any."""
    if not file or kernel.code is None:
        return
    part = Path(f"{file}.{os.getpid()}")
    try:
        part.parent.mkdir(exist_ok=True)
        part.write_bytes(kernel.code.to_bytes())
        part.replace(file)
    except OSError:  # a full disk would keep what there was room for
        with suppress(OSError):
            part.unlink()


@contextmanager
def refusing_errors() -> Iterator[None]:
    """Raise Refused for an AutoschedError, except a VerifyError, which is a bug in autosched.

    If the process crashes meanwhile, its Python traceback goes to standard error.
    """
    known = faulthandler.is_enabled()
    if not known:
        faulthandler.enable(2, all_threads=False)
    try:
        yield
    except VerifyError:
        raise
    except AutoschedError as error:
        raise Refused(str(error)) from error
    finally:
        if not known:
            faulthandler.disable()


def _runner(build: Build, case: Case, cold: bool = False) -> Runner:
    """Return the runner of a candidate; with `cold`, large constants come from memory."""
    callee, arguments = case.bound(build.kernel)
    words = callee.pointers(*arguments, sizes=case.sizes)
    packed = callee.packed if cold and isinstance(callee, BoundKernel) else []
    large = [array for array in packed if array.nbytes >= LEAST_BYTES]
    own_time = build.threads == 1
    return NativeRunner(build.kernel.address, words, callee, own_time=own_time, cold=large)
