"""Runs a kernel on random data: checks its results, and times it beside its peers."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import numpy as np

from autosched.backends.cpu.peers import Contenders, Run
from autosched.measure.builder import NativeBuilder
from autosched.measure.case import Case
from autosched.measure.cores import Cores
from autosched.measure.peak import MultiplyAdds
from autosched.measure.timer import Runner, interleave, python_runner
from autosched.measure.verify import Expected
from autosched.ops.instance import WorkloadInstance
from autosched.runtime.kernel import Kernel
from autosched.te import serialize

Clock = Callable[[], int]
WALL: Clock = time.perf_counter_ns

BUDGET_SECONDS = 2.0
MIN_ROUNDS, MAX_ROUNDS = 5, 25
REST_SECONDS, MAX_RESTS = 0.008, 40
"""OpenBLAS keeps its threads spinning for a tenth of a second after a call. Linux counts time of
a running thread at ticks, 4 ms apart: shorter looks missed threads of ONNX Runtime."""

MOST_ATTEMPTS = 4
"""How often calls are timed that have no cores of their own."""

WARM_CALLS, MOST_WARM_SECONDS = 5, 0.02
"""Calls that bring data back into L3 which another kernel pushed out of it.

One core of a Xeon reads 64 MB in 4.2 ms then, and again in 4.2, 2.9, 2.5, 2.4 and 2.3. Without
them, kernels that read the same arrays would be the faster the later they come in a round.
"""


@dataclass
class Check:
    """The result of a check: `mistake` is the first wrong element, in a sentence, or None.

    `max_error` is that of all outputs. `may_be_rounding` says whether the mistake is so small
    that rounding may explain it.
    """

    mistake: str | None
    max_error: float
    may_be_rounding: bool = False


@dataclass
class Times:
    """The nanoseconds of a call, one number per repeat, by name.

    `failures` has the reasons why others have no times. `peak_gflops` is the speed of a core that
    does only multiply-adds, timed in turn with them.
    """

    times_ns: dict[str, tuple[float, ...]] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    peak_gflops: float | None = None

    def median_ns(self, name: str) -> float:
        return median(self.times_ns[name])


class Bench:
    """A workload's arguments and right answers, at these values of its symbolic sizes."""

    def __init__(self, workload: WorkloadInstance, sizes: Mapping[str, int]):
        reference = NativeBuilder().reference(
            serialize.to_json(workload.tensors), sizes, workload.own_inputs(sizes)
        )
        self.case = Case(reference)

    def runner(self, kernel: Kernel) -> Run:
        """Return a call of the kernel on the case's arguments, with its constants bound before."""
        function, arguments = self.case.bound(kernel)
        if sizes := self.case.sizes:
            return lambda: function(*arguments, sizes=sizes)
        return lambda: function(*arguments)

    def returning(self, kernel: Kernel) -> Run:
        """Return a call as `runner` does, whose value are the outputs."""
        call, outputs = self.runner(kernel), [output.array for output in self.case.outputs]

        def run() -> object:
            call()
            return outputs

        return run

    def check(self, run: Run) -> Check:
        """Run once, on outputs filled with wrong values before, and compare."""
        self.case.poison()
        run()
        pairs = zip(self.case.expected, self.case.outputs, strict=True)
        error = max(max_error(expected, output.array) for expected, output in pairs)
        return Check(self.case.mistake(), error, self.case.may_be_rounding())

    def compare(
        self,
        name: str,
        run: Run,
        others: Contenders,
        clock: Clock = WALL,
        probe: MultiplyAdds | None = None,
        cores: Cores | None = None,
    ) -> Times:
        """Time the kernel, its peers and the probe of the peak; see `compare`."""
        return compare(name, run, others, self._difference, clock, probe, cores)

    def _difference(self, result: Any) -> str | None:
        """Return a sentence on how a peer's result is wrong; None if it is right."""
        results = result if isinstance(result, (list, tuple)) else [result]
        for expected, got in zip(self.case.expected, results, strict=True):
            difference = expected.difference(np.asarray(got))
            if difference:
                return difference
        return None


def compare(
    name: str,
    run: Run,
    others: Contenders,
    difference: Callable[[Any], str | None],
    clock: Clock = WALL,
    probe: MultiplyAdds | None = None,
    cores: Cores | None = None,
) -> Times:
    """Time a call, its peers and the probe of the peak, a repeat of each in turn.

    A peer whose result has a `difference` from the right one is not timed. A repeat in which
    `cores` were not at full speed is made again.
    """
    times = Times(failures=dict(others.failures))
    runs, seconds = {name: run}, {name: _seconds(run)}
    for peer, other in others.runs.items():
        try:
            wrong = difference(other())
            taken = _seconds(other)
        except Exception as error:  # another's code: it must not end what we were asked for
            times.failures[peer] = f"{type(error).__name__}: {error}"
            continue
        if wrong:
            times.failures[peer] = f"another result: {wrong}"
        else:
            runs[peer], seconds[peer] = other, taken
    slowest = max(seconds.values())
    rounds = int(min(MAX_ROUNDS, max(MIN_ROUNDS, BUDGET_SECONDS / max(slowest, 1e-9))))
    runners = [
        rested(each, clock, _warm_seconds(seconds[key]), cores) for key, each in runs.items()
    ]
    if probe:
        runners.append(rested(probe, clock))
    measured = interleave(runners, rounds)
    if probe:
        times.peak_gflops = probe.flops / median(measured.pop())
    times.times_ns = dict(zip(runs, measured, strict=True))
    return times


def rested(
    run: Callable[[], object],
    clock: Clock = WALL,
    warm_seconds: float = 0.0,
    cores: Cores | None = None,
) -> Runner:
    """Return a timer of `run` that waits until the spinning threads of others sleep.

    Calls for so many seconds, one at least, are not timed: data and code come into the caches, and
    its threads wake up. Calls are timed again where `cores` are not at full speed after them.
    """
    timed = python_runner(run, clock)

    def once(calls: int) -> float:
        _rest()
        if cores:
            cores.part()
        end = time.monotonic() + warm_seconds
        run()
        while time.monotonic() < end:
            run()
        return timed(calls)

    def runner(calls: int) -> float:
        for _ in range(MOST_ATTEMPTS):
            taken = once(calls)
            if cores is None or cores.are_apart():
                break
        return taken

    return runner


def _warm_seconds(call_seconds: float) -> float:
    return min(WARM_CALLS * call_seconds, MOST_WARM_SECONDS)


def _rest() -> None:
    """Sleep until no other thread of this process works, or the last of `MAX_RESTS` is over."""
    for _ in range(MAX_RESTS):
        before = _others_ns()
        time.sleep(REST_SECONDS)
        if _others_ns() - before < REST_SECONDS * 1e9 / 10:
            return


def _others_ns() -> int:
    """Return the CPU time of the other threads of this process."""
    return time.process_time_ns() - time.thread_time_ns()


def _seconds(run: Run) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def max_error(expected: Expected, got: np.ndarray) -> float:
    if expected.want.dtype.kind not in "fiu" or expected.dtype == "bfloat16":
        return float(expected.difference(got) is not None)
    with np.errstate(invalid="ignore"):
        errors = np.abs(got.astype(np.float64) - expected.want.astype(np.float64))
    return float(np.nanmax(errors, initial=0.0))


def shortened(times: Sequence[float]) -> list[float]:
    """Return times rounded to a tenth of a nanosecond, for a JSON document."""
    return [round(value, 1) for value in times]
