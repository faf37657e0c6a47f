"""The time that each loop nest of a kernel takes.

A kernel in which one nest runs twice takes so much longer. What it reads is in the caches then, so
that the time of a nest that waits for memory is a lower bound.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import median

from autosched.backends.base import arguments
from autosched.backends.cpu.trial_run import Bench, rested
from autosched.backends.form import WorkloadForm
from autosched.building import build_program, lower_program, repeatable
from autosched.measure.timer import interleave
from autosched.runtime.kernel import Kernel
from autosched.schedule.schedule import Schedule
from autosched.stepwise import calls_functions
from autosched.target.target import Target

ROUNDS = 9
MOST_NESTS = 16
"""Nests that are timed, each of which compiles a kernel; the times of more would say little."""


def loop_times(
    target: Target, form: WorkloadForm, schedule: Schedule, sizes: Mapping[str, int]
) -> list[tuple[str, float]]:
    """Return the stage of each nest at the root, in the order they run, and its nanoseconds.

    The list is empty for a single nest, for more than `MOST_NESTS`, and where functions outside
    are called.
    """
    if calls_functions(schedule):
        return []
    names = repeatable(schedule, arguments(form))
    if not 1 < len(names) <= MOST_NESTS:
        return []
    bench = Bench(form.instance, sizes)
    kernels = [_kernel(target, form, schedule, twice) for twice in (None, *range(len(names)))]
    once, *others = interleave([rested(bench.runner(kernel)) for kernel in kernels], ROUNDS)
    more = [
        median(longer - shorter for longer, shorter in zip(each, once, strict=True))
        for each in others
    ]
    return [(name, max(0.0, time_ns)) for name, time_ns in zip(names, more, strict=True)]


def _kernel(target: Target, form: WorkloadForm, schedule: Schedule, twice: int | None) -> Kernel:
    program = lower_program(schedule, arguments(form), target, twice=twice)
    return build_program(program, target, threads=target.threads)
