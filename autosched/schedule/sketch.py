"""Sketches: traces with open decisions, the choices of each, and the vectors that bind them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import chain, zip_longest
from math import prod
from typing import Protocol

import numpy as np

from autosched.errors import ScheduleError
from autosched.schedule.arguments import Decision
from autosched.schedule.primitives import Primitive
from autosched.schedule.trace import Trace, to_json

_DECISION = re.compile(r'\{"decision":(\d+)\}')
"""An open number in JSON, where a string would have its quotes escaped."""

_ATTEMPTS = 4
"""Maximum draws, each of four times the wanted number, if few candidates keep the limits."""


@dataclass(frozen=True, slots=True)
class DecisionInfo:
    """An open integer: its purpose, and the values that a search tries, in increasing order.

    `labels` say what the values stand for, where they are not sizes.
    """

    name: str
    role: str
    choices: tuple[int, ...]
    labels: tuple[str, ...] = field(default=(), repr=False)


class Limit(Protocol):
    """A condition on the decisions of a candidate, such as that its tiles fit a memory."""

    @property
    def decisions(self) -> frozenset[int]:
        """The numbers of the decisions that the limit depends on."""
        ...

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        """Return for each candidate of an (n, d) array whether it keeps the limit."""
        ...


@dataclass(frozen=True, slots=True)
class ProductLimit:
    """The product of `ceil(decision / unit)` over `factors` is from `least` to `most`."""

    factors: tuple[tuple[int, int], ...]
    most: int
    least: int = 0

    @property
    def decisions(self) -> frozenset[int]:
        return frozenset(decision for decision, _ in self.factors)

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        product = np.ones(len(vectors), dtype=np.int64)
        for decision, unit in self.factors:
            column = vectors[:, decision]
            product *= column if unit == 1 else -(-column // unit)
        return (product <= self.most) & (product >= self.least)


@dataclass(frozen=True, slots=True)
class DependentLimit:
    """A decision is 1 unless one of `others` is more."""

    decision: int
    others: frozenset[int]

    @property
    def decisions(self) -> frozenset[int]:
        return self.others | {self.decision}

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        """Return for each candidate of an (n, d) array whether it keeps the limit."""
        free = (vectors[:, sorted(self.others)] > 1).any(axis=1)
        return free | (vectors[:, self.decision] == 1)


@dataclass(frozen=True, eq=False)
class Sketch:
    """A structure of loops, as a trace whose integers are partly open.

    A candidate is a sketch and a vector with a value for each decision. `default` is a
    vector that is good without measuring anything. `rules` are the names of those that stages are
    scheduled by.
    """

    name: str
    steps: tuple[Primitive, ...]
    decisions: tuple[DecisionInfo, ...]
    default: tuple[int, ...]
    limits: tuple[Limit, ...] = ()
    rules: tuple[str, ...] = ()

    @cached_property
    def key(self) -> str:
        """A hash of the steps, which identifies the sketch."""
        return sha256(to_json(self.steps).encode()).hexdigest()[:16]

    def bind(self, vector: Sequence[int]) -> Trace:
        """Return the trace of the candidate `vector`."""
        return bind(self.steps, vector)

    def text(self, vector: Sequence[int]) -> str:
        """Return the JSON of `bind(vector)` without making its steps."""
        parts = self._parts
        values = (str(int(vector[int(index)])) for index in parts[1::2])
        return "".join(chain.from_iterable(zip_longest(parts[::2], values, fillvalue="")))

    def vector_of(self, text: str) -> tuple[int, ...] | None:
        """Return the vector with this `text`, or None. Decisions in no step get their defaults."""
        found = self._pattern.fullmatch(text)
        if found is None:
            return None
        numbers = {int(name[1:]): int(value) for name, value in found.groupdict().items()}
        return tuple(numbers.get(index, value) for index, value in enumerate(self.default))

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """The pattern of the texts of all candidates, with a group of digits for each decision."""
        pattern = ""
        known: set[str] = set()
        for place, part in enumerate(self._parts):
            if place % 2 == 0:
                pattern += re.escape(part)
            else:
                pattern += f"(?P=d{part})" if part in known else rf"(?P<d{part}>-?\d{{1,18}})"
                known.add(part)
        return re.compile(pattern)

    @cached_property
    def _parts(self) -> list[str]:
        """The JSON of the steps, split at decisions: text, the number of one, text and so on."""
        return _DECISION.split(to_json(self.steps))

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        """Return for each candidate of an (n, d) array whether it keeps every limit."""
        result = np.ones(len(vectors), dtype=bool)
        for limit in self.limits:
            result &= limit.holds(vectors)
        return result

    def near(self, document: object) -> tuple[int, ...] | None:
        """Return the vector most like a trace of other sizes, as JSON; None where steps tell."""
        return None

    def structures(self, vectors: np.ndarray) -> Iterable[tuple[np.ndarray, Sketch, np.ndarray]]:
        """Group candidates whose steps differ in numbers only.

        A group is the rows of its candidates, a sketch with their steps, and the vectors of it.
        """
        return [(np.arange(len(vectors)), self, vectors)]

    def sample(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return up to `count` random candidates that keep the limits, as an (n, d) array."""
        found = np.empty((0, len(self.decisions)), dtype=np.int64)
        for _ in range(_ATTEMPTS):
            columns = [rng.choice(d.choices, size=4 * count) for d in self.decisions]
            vectors = np.array(columns, dtype=np.int64).reshape(len(columns), 4 * count).T
            found = np.concatenate([found, vectors[self.holds(vectors)]])
            if len(found) >= count:
                break
        return found[:count]

    @cached_property
    def every(self) -> np.ndarray:
        """All candidates that keep the limits, as a read-only (n, d) array.

        Only for a small `size`, which is the number of rows before the limits apply.
        """
        choices = [np.array(decision.choices, dtype=np.int64) for decision in self.decisions]
        grids = np.meshgrid(*choices, indexing="ij") if choices else [np.zeros(1, dtype=np.int64)]
        vectors = np.stack([grid.ravel() for grid in grids], axis=1)[:, : len(choices)]
        vectors = vectors[self.holds(vectors)]
        vectors.flags.writeable = False
        return vectors

    @cached_property
    def size(self) -> int:
        """The number of candidates if there were no limits."""
        return prod(len(decision.choices) for decision in self.decisions)


def bind(sketch: Iterable[Primitive], vector: Sequence[int]) -> list[Primitive]:
    """Return the steps of `sketch` with the integers of `vector` in place of its decisions.

    Raises ScheduleError if the vector is too short.
    """
    return [_bind_step(step, vector) for step in sketch]


def decisions(steps: Iterable[Primitive]) -> set[int]:
    """Return the numbers of the decisions that are open in `steps`."""
    return {int(number) for number in _DECISION.findall(to_json(steps))}


def _bind_step(step: Primitive, vector: Sequence[int]) -> Primitive:
    changes = {}
    for name in step.arguments:
        value = getattr(step, name)
        if type(value) is Decision or type(value) is tuple:
            bound = _bind_value(value, vector)
            if bound is not value:
                changes[name] = bound
    return replace(step, **changes) if changes else step


def _bind_value(value: object, vector: Sequence[int]) -> object:
    if type(value) is Decision:
        if not 0 <= value.index < len(vector):
            raise ScheduleError(
                f"expected a vector with an element {value.index}, got {len(vector)} elements"
            )
        return int(vector[value.index])
    if type(value) is tuple:
        bound = tuple(_bind_value(item, vector) for item in value)
        return bound if any(a is not b for a, b in zip(bound, value, strict=True)) else value
    return value
