"""A candidate made as a worker makes it, with a clock between the steps."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from time import thread_time

import llvmlite.binding as llvm

from autosched.building import lower_parts
from autosched.candidates import main_text, pieces_of, with_known_apart, workload_tensors
from autosched.codegen.compile import symbols
from autosched.codegen.machine.linked import LinkedCode
from autosched.codegen.machine.module import code_file, optimised
from autosched.ir.stmt import Function
from autosched.passes import pipeline
from autosched.schedule.trace import from_json, replay
from autosched.target.target import Target
from autosched.te.dag import outputs

Times = dict[str, float]
"""Milliseconds by the name of a step."""

LLVM_STEPS = ("apart", "parse", "optimise", "machine_code")


def time_candidate(workload: str, trace: str, target: Target, threads: int = 1) -> Times:
    """What each step took of this thread's time; `total` is the sum.

    LLVM's steps are told apart by running the first ones again, which the total has once; `apart`
    are our steps and LLVM's for nests that candidates share, if none before had them.
    """
    times: Times = defaultdict(float)
    with _clock(times, "replay"):
        tensors = workload_tensors(workload)
        schedule = replay(outputs(tensors), from_json(trace))
    with _clock(times, "lower"):
        parts, apart = with_known_apart(lower_parts(schedule, tensors), target)
    with _timed_passes(times), _clock(times, "emit"):
        text = main_text(parts, target, threads)
    times["emit"] -= sum(times[step.name] for step in pipeline.PIPELINE)
    with _clock(times, "apart"):
        files = [each.file for each in pieces_of(parts, apart, text, target, threads)]
    times.update(_llvm_times(text, files, target))
    times["total"] = sum(times.values())
    return dict(times)


def _llvm_times(text: str, files: Sequence[bytes], target: Target) -> Times:
    times: Times = defaultdict(float)
    with _clock(times, "machine_code"):
        files = [code_file(text, target), *files]
        LinkedCode(files, target, symbols=symbols(*files))
    with _clock(times, "optimise"):
        optimised(text, target)
    with _clock(times, "parse"):
        llvm.parse_assembly(text)
    times["machine_code"] -= times["optimise"]
    times["optimise"] -= times["parse"]
    return times


@contextmanager
def _clock(times: Times, name: str) -> Iterator[None]:
    start = thread_time()
    yield
    times[name] += (thread_time() - start) * 1e3


@contextmanager
def _timed_passes(times: Times) -> Iterator[None]:
    """Within, every pass that runs adds its time."""
    passes = pipeline.PIPELINE
    pipeline.PIPELINE = tuple(_timed(step, times) for step in passes)
    try:
        yield
    finally:
        pipeline.PIPELINE = passes


def _timed(step: pipeline.Pass, times: Times) -> pipeline.Pass:
    run: Callable[[Function, Target], Function] = step.run

    def timed(function: Function, target: Target) -> Function:
        with _clock(times, step.name):
            return run(function, target)

    return pipeline.Pass(step.name, timed)
