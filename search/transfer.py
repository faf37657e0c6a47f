"""Adapts schedules that were tuned at other sizes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from math import log
from typing import Any

import numpy as np

from autosched.schedule.primitives import PRIMITIVES
from autosched.schedule.primitives.prefetch import Prefetch
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import to_json
from autosched.search.candidate import Candidate
from autosched.search.task import Task
from autosched.tuning_logs import Relative, Store, TrialRecord, WorkloadRecord

_OF_EACH = 4
"""The most trials of a relative that are tried until one fits."""

_SIZES = {name for kind in PRIMITIVES.values() for name in kind.sizes}


def nearest(task: Task, store: Store) -> Iterator[Candidate]:
    """Yield the best schedules of relatives that fit, from the most similar one on."""
    for relative in relatives(task, store):
        found = (adapt(task.sketches, trial.trace) for trial in fastest(task, relative, store))
        yield from islice((candidate for candidate in found if candidate is not None), 1)


def relatives(task: Task, store: Store) -> Iterator[Relative]:
    """Yield the tuned workloads that compute the same at other sizes, the most similar first.

    The decisions of their schedules move to the nearest choices that the task has.
    """
    target = task.target_record.text
    found = store.similar(task.record.shape_free_key, target, task.threads)
    others = [relative for relative in found if relative.workload.key != task.key]
    yield from sorted(others, key=lambda relative: _distance(task.record, relative.workload))


def fastest(task: Task, relative: Relative, store: Store) -> Iterator[TrialRecord]:
    """Yield the trials of a relative to adapt until one fits, the fastest first."""
    target = task.target_record.text
    yield from store.top(relative.workload.key, target, _OF_EACH, task.threads)


def adapt(sketches: Sequence[Sketch], trace: str) -> Candidate | None:
    """Return the candidate of the same structure with the nearest decisions, or None.

    If these break a limit, decisions with limits keep the defaults of the sketch.
    """
    try:
        steps = json.loads(trace)
    except (ValueError, RecursionError):  # a broken file's
        return None
    for number, sketch in enumerate(sketches):
        near = sketch.near(steps)
        if near is not None:
            return Candidate(sketch, number, near)
        values: dict[int, int] = {}
        pattern = _without_fetches(json.loads(to_json(sketch.steps)))
        if not _matches(pattern, _without_fetches(steps), values):
            continue
        close = {i: _closest(sketch.decisions[i].choices, wanted) for i, wanted in values.items()}
        limited = {i for limit in sketch.limits for i in limit.decisions}
        unlimited = {i: value for i, value in close.items() if i not in limited}
        for chosen in (close, unlimited):
            vector = tuple(chosen.get(i, value) for i, value in enumerate(sketch.default))
            if sketch.holds(np.array([vector], dtype=np.int64).reshape(1, -1))[0]:
                return Candidate(sketch, number, vector)
    return None


def _without_fetches(document: Any) -> Any:
    """Return a trace without the fetches ahead: which of them it has depends on sizes."""
    steps = document.get("steps") if isinstance(document, dict) else None
    if not isinstance(steps, list):
        return document
    others = [step for step in steps if not isinstance(step, list) or step[:1] != [Prefetch.name]]
    return {**document, "steps": others}


def _matches(pattern: Any, value: Any, values: dict[int, int]) -> bool:
    """Whether a value equals a pattern but for sizes; sizes of decisions are added to `values`."""
    if isinstance(pattern, dict) and "decision" in pattern:
        return _open(pattern["decision"], value, values)
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(value) == len(pattern)
            and all(_matches(p, v, values) for p, v in zip(pattern, value, strict=True))
        )
    if not isinstance(pattern, dict):
        return bool(pattern == value)
    return (
        isinstance(value, dict)
        and value.keys() == pattern.keys()
        and all(_argument(name, pattern[name], value[name], values) for name in pattern)
    )


def _argument(name: str, pattern: Any, value: Any, values: dict[int, int]) -> bool:
    if name in _SIZES and isinstance(pattern, int):
        return isinstance(value, int)
    if name == "layout" and isinstance(pattern, list) and isinstance(value, list):
        return len(value) == len(pattern) and all(
            _dimension(p, v, values) for p, v in zip(pattern, value, strict=True)
        )
    return _matches(pattern, value, values)


def _dimension(pattern: Any, value: Any, values: dict[int, int]) -> bool:
    """One entry of a layout: a dimension, or a dimension and the size of its inner part."""
    if not isinstance(pattern, list) or not isinstance(value, list):
        return bool(pattern == value)
    same = pattern[0] == value[0]
    return same and (isinstance(pattern[1], int) or _matches(pattern[1], value[1], values))


def _open(index: int, value: Any, values: dict[int, int]) -> bool:
    return isinstance(value, int) and values.setdefault(index, value) == value


def _distance(mine: WorkloadRecord, other: WorkloadRecord) -> float:
    """Return the distance of the sizes: the sum of the logarithms of their ratios."""
    try:
        ours, theirs = _sizes(mine), _sizes(other)
    except (LookupError, TypeError, ValueError, RecursionError):  # a broken file's
        return float("inf")
    if len(ours) != len(theirs):
        return float("inf")
    return sum(_ratio(a, b) for a, b in zip(ours, theirs, strict=True))


def _sizes(record: WorkloadRecord) -> list[int]:
    """Return the values of symbolic sizes, then the index constants of each operation's shape."""
    meaning = json.loads(record.content)
    found: list[int] = [*meaning.get("size_values", ())]
    for op in meaning["ops"]:
        shape = [op["nodes"][place] for place in op["shape"]]
        found += [node[2] for node in shape if node[:2] == ["Const", "int64"]]
    return found


def _closest(choices: Sequence[int], wanted: int) -> int:
    return min(choices, key=lambda choice: _ratio(choice, wanted))


def _ratio(a: int, b: int) -> float:
    return abs(log(max(1, a) / max(1, b)))
