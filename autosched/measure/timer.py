"""Times kernels, with few calls for slow candidates and more for fast ones."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil

from autosched.measure.options import TimingPlan

Runner = Callable[[int], float]
"""Calls the kernel the given number of times and returns the total nanoseconds."""

_CALIBRATION_NS = 1e5
_MAX_CALLS = 1_000_000


@dataclass(frozen=True)
class Timing:
    """The nanoseconds of one call, one number per repeat."""

    times_ns: tuple[float, ...]
    stopped_early: bool = False


def python_runner(
    function: Callable[[], object], clock: Callable[[], int] = time.perf_counter_ns
) -> Runner:
    """Return the runner of a Python callable. It adds about 20 ns per call.

    With `time.process_time_ns` as `clock`, the time of other processes does not count.
    """

    def run(calls: int) -> float:
        start = clock()
        for _ in range(calls):
            function()
        return clock() - start

    return run


def time_adaptively(
    run: Runner, plan: TimingPlan, best_ns: float | None = None, first_ns: float = 0.0
) -> Timing:
    """Time a kernel, and stop early if it cannot be faster than `best_ns`.

    It must have been called once before, with cold caches, in `first_ns` nanoseconds.
    """
    limit = best_ns if best_ns is not None else float("inf")
    if plan.is_hopeless(first_ns, limit):
        return Timing((first_ns,), stopped_early=True)
    estimate_ns = _estimate(run)
    if estimate_ns > plan.hopeless * limit:
        # Again: another process may have run meanwhile.
        estimate_ns = min(estimate_ns, _estimate(run))
    if estimate_ns > plan.hopeless * limit:
        return Timing((estimate_ns,), stopped_early=True)
    calls = _calls(plan.repeat_ns, estimate_ns)
    times = [estimate_ns] if calls == 1 else []
    while not _is_enough(times, calls, plan):
        if times and _is_behind(times, limit, plan):
            return Timing(tuple(times), stopped_early=True)
        times.append(run(calls) / calls)
    return Timing(tuple(times))


def interleave(
    runs: Sequence[Runner],
    rounds: int,
    repeat_ns: float = TimingPlan.repeat_ns,
    plan: TimingPlan | None = None,
) -> list[tuple[float, ...]]:
    """Time several kernels, one repeat of each in turn, so that drift affects all equally.

    With a plan, a kernel whose two least times agree has no more turns.
    """
    calls = [_calls(repeat_ns, _estimate(run)) for run in runs]
    times: list[list[float]] = [[] for _ in runs]
    for _ in range(rounds):
        for kernel_times, run, count in zip(times, runs, calls, strict=True):
            if plan is None or not _agree(kernel_times, plan.min_repeats, plan):
                kernel_times.append(run(count) / count)
    return [tuple(kernel_times) for kernel_times in times]


def warmed(run: Runner) -> Runner:
    """Return a runner that brings a kernel's data back into the caches before several calls."""

    def timed(calls: int) -> float:
        if calls > 1:
            run(1)
        return run(calls)

    return timed


def _estimate(run: Runner) -> float:
    """Return the nanoseconds of one call, from enough calls to hide the clock's cost."""
    calls = 1
    while True:
        elapsed = run(calls)
        if elapsed >= _CALIBRATION_NS or calls >= _MAX_CALLS:
            return max(elapsed / calls, 0.1)
        calls = min(4 * calls, _MAX_CALLS)


def _calls(repeat_ns: float, estimate_ns: float) -> int:
    return max(1, min(_MAX_CALLS, ceil(repeat_ns / estimate_ns)))


def _is_behind(times: Sequence[float], limit: float, plan: TimingPlan) -> bool:
    """Return whether more repeats would not change that others are faster."""
    return min(times) > (plan.behind if len(times) > 1 else plan.worse) * limit


def _is_enough(times: Sequence[float], calls: int, plan: TimingPlan) -> bool:
    if _agree(times, 2 if calls == 1 else plan.min_repeats, plan):
        return True
    if len(times) < plan.min_repeats:
        # One long call is as exact as many short ones.
        return bool(times) and calls * sum(times) > 10 * plan.budget_ns
    return len(times) >= plan.max_repeats or calls * sum(times) > plan.budget_ns


def _agree(times: Sequence[float], least: int, plan: TimingPlan) -> bool:
    """Return whether there are enough times, and the two least are alike."""
    two = sorted(times)[:2]
    return len(times) >= least and two[-1] - two[0] <= plan.agreement * two[0]
