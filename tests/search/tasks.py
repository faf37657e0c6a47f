"""A task on an imaginary machine, and made-up costs of its candidates."""

from __future__ import annotations

import json
from functools import cache

import numpy as np

from autosched import te
from autosched.backends.cpu.backend import CpuBackend
from autosched.measure.outcome import Outcome
from autosched.ops.instance import from_tensors
from autosched.search.candidate import find_candidate
from autosched.search.history import History
from autosched.search.strategies.random import random_candidates
from autosched.search.task import Task
from autosched.target.target import Target
from tests.measure.replay import ReplayMeasurer

MACHINE = Target(
    kind="cpu",
    cpu="made-up",
    features="",
    vector_bits=256,
    threads=4,
    l1_bytes=1 << 15,
    l2_bytes=1 << 20,
    l3_bytes=1 << 23,
    triple="x86_64-unknown-linux-gnu",
)


@cache
def matmul_task(m: int = 32, n: int = 48, k: int = 16, threads: int = 1) -> Task:
    A = te.placeholder((m, k), name="A")
    B = te.placeholder((k, n), name="B")
    r = te.reduce_axis((0, k), name="k")
    C = te.compute((m, n), lambda i, j: te.sum(A[i, r] * B[r, j], axis=r), name="C")
    return Task.of(from_tensors([A, B, C], "matmul"), CpuBackend(MACHINE.with_threads(threads)))


@cache
def copy_task(n: int = 40) -> Task:
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] + 1.0, name="B")
    return Task.of(from_tensors([A, B], "copy"), CpuBackend(MACHINE.with_threads(1)))


def cost_ns(task: Task, trace: str) -> float:
    """Return a made-up time with one smooth minimum in each sketch; sketches differ."""
    candidate = find_candidate(task.sketches, trace)
    assert candidate is not None
    time = 1000.0 + 100 * (candidate.number % 5)
    for decision, value in zip(candidate.sketch.decisions, candidate.vector, strict=True):
        place = decision.choices.index(value) / max(1, len(decision.choices) - 1)
        time += 2000 * (place - 0.6) ** 2
    return time


def made_up_measurer(task: Task) -> ReplayMeasurer:
    def lookup(workload: str, trace: str) -> Outcome:
        assert json.loads(workload)
        return Outcome("ok", "", (cost_ns(task, trace),), build_ms=1.0)

    return ReplayMeasurer(lookup)


def random_history(task: Task, count: int, seed: int = 0) -> History:
    """A history of random candidates with made-up times, every seventh a failure."""
    history = History(task)
    for number, candidate in enumerate(random_candidates(task, count, np.random.default_rng(seed))):
        if not history.is_new(candidate):
            continue
        if number % 7 == 6:
            history.add(candidate, "build_error", ())
        else:
            history.add(candidate, "ok", (cost_ns(task, candidate.trace),))
    return history
