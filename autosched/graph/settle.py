"""Settles which schedule each kernel of a network has, by the times of the network's steps.

The kernel that is the fastest alone may not be it in the network, where others have used the
caches since. So the schedules that compete for a task are timed in their place.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from statistics import median

import numpy as np

from autosched.errors import ArgumentError, GraphError
from autosched.graph.drawing import drawn
from autosched.graph.network import Network
from autosched.graph.operators.control import Control
from autosched.search.strategies.proposals import defaults
from autosched.search.task import Task
from autosched.tuning_logs import MemoryStore, Store, TrialRecord, copy_trials

LEAST_TURNS, MOST_TURNS = 5, 30
"""How often each network of a comparison is timed."""

TURNS_SECONDS = 2.0
"""Turns begin for so long, once there were `LEAST_TURNS`."""

RUNS = 2
"""The timed runs of a turn, after one that is not counted: the caches are another network's."""

Compile = Callable[[Store], Iterable[Network]]
"""Compiles the same networks with the schedules that a store knows."""

Times = Mapping[str, float]
"""The nanoseconds that the steps of a task take together, by the trace key of their schedule."""


def settle(tasks: Sequence[Task], store: Store, compile: Compile) -> int:
    """Time the schedules that compete for each task inside the networks, and store the times.

    Return for how many tasks the default schedule is faster there than the one that is the
    fastest alone. The time of a task is the sum over the networks. A network that cannot be
    timed is left out, and so is one with loops or branches that data choose: inputs are random.
    Nothing is timed beside an accelerator, as simulating it takes long.
    """
    if any(task.is_deterministic for task in tasks):
        return 0
    rivals = {task.key: _rivals(task, store) for task in tasks}
    rivals = {key: trials for key, trials in rivals.items() if len(trials) > 1}
    totals: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    lineups = [_only(trials, store) for trials in _lineups(list(rivals.values()))]
    for networks in zip(*map(compile, lineups), strict=True):
        for key, times in _timed(networks).items():
            if times.keys() == {trial.trace_key for trial in rivals[key]}:
                for trace_key, time_ns in times.items():
                    totals[key][trace_key] += time_ns
    kept = 0
    for task in tasks:
        if task.key in totals:
            times = totals[task.key]
            store.settle(task.key, task.target_record.text, task.threads, times)
            fastest, default = rivals[task.key][0].trace_key, _default_key(task)
            kept += default != fastest and min(times, key=times.__getitem__) == default
    return kept


def _rivals(task: Task, store: Store) -> list[TrialRecord]:
    """The trials that compete: the fastest alone, the default, and the one settled before."""
    of_task = task.key, task.target_record.text, task.threads
    known = {trial.trace_key: trial for trial in store.trials(*of_task) if trial.outcome == "ok"}
    best = store.best(*of_task)
    named = [best, known.get(_default_key(task)), *store.settled(*of_task)[:1]]
    return list({trial.trace_key: trial for trial in named if trial is not None}.values())


def _default_key(task: Task) -> str:
    return next((candidate.key for candidate in defaults(task)), "")


def _lineups(rivals: Sequence[Sequence[TrialRecord]]) -> Iterator[list[TrialRecord]]:
    """Yield lists of one trial of each task; together they have every rival."""
    for place in range(max(map(len, rivals), default=0)):
        yield [trials[min(place, len(trials) - 1)] for trials in rivals]


def _only(trials: Sequence[TrialRecord], store: Store) -> Store:
    """A store that knows nothing but these trials."""
    made = MemoryStore()
    copy_trials(store, made, trials)
    return made


def _timed(networks: Sequence[Network]) -> dict[str, Times]:
    """The times of the tuned tasks of networks that differ in their schedules, by the tasks' keys.

    Empty where they cannot be run with random inputs.
    """
    graph = networks[0].graph
    if any(isinstance(node.operator, Control) for node in graph.nodes):
        return {}
    generator = np.random.default_rng(0)
    arrays = [drawn(value.type, generator) for value in graph.inputs if value.type is not None]
    try:
        runs = _runs(networks, arrays)
    except (GraphError, ArgumentError):  # inputs that no random ones can be
        return {}
    found: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for network, own in zip(networks, runs, strict=True):
        for key, times in _summed(network, own).items():
            for trace_key, time_ns in times.items():
                found[key][trace_key].append(time_ns)
    return {
        key: {trace_key: median(times) for trace_key, times in each.items()}
        for key, each in found.items()
    }


def _runs(networks: Sequence[Network], arrays: Sequence[np.ndarray]) -> list[list[list[int]]]:
    """The nanoseconds of the steps in each run of each network, which are timed in turn."""
    runs: list[list[list[int]]] = [[] for _ in networks]
    end = time.monotonic() + TURNS_SECONDS
    for turn in range(MOST_TURNS):
        if turn >= LEAST_TURNS and time.monotonic() > end:
            break
        for network, own in zip(networks, runs, strict=True):
            network.timed(arrays)
            own += [[ns for _, ns in network.timed(arrays)] for _ in range(RUNS)]
    return runs


def _summed(network: Network, runs: Sequence[Sequence[int]]) -> dict[str, Times]:
    """The times of the steps with a tuned schedule, by the key of the task."""
    sums: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for step, times in zip(network.steps, zip(*runs, strict=True), strict=True):
        if step.task is None or step.choice is None or step.choice.origin != "tuned":
            continue
        assert step.choice.trial is not None, "it was measured"
        sums[step.task.key][step.choice.trial.trace_key] += max(1.0, median(times))
    return dict(sums)
