"""The space of a template: one sketch whose decisions are the template's knobs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from hashlib import sha256
from itertools import islice

import numpy as np

from autosched.cost_model.lifting import families
from autosched.errors import AutoschedError, WorkloadError
from autosched.ops.templates.knobs import Knob, Knobs, KnobSpace
from autosched.ops.templates.template import Template
from autosched.ops.templates.values import SplitValue
from autosched.schedule.primitives import Primitive
from autosched.schedule.sketch import DecisionInfo, Sketch
from autosched.schedule.trace import Trace, from_json, to_json
from autosched.search.space.generate import Space

_SPARE = 8
"""How many times as many candidates are drawn as are wanted, since some may be illegal."""

_DRAWS = 64
"""Candidates drawn for a legal default."""


@dataclass(frozen=True, eq=False)
class TemplateSketch(Sketch):
    """A sketch whose traces a template makes; a decision is the place of a knob's value.

    Its text is that of the trace, with the values of the knobs beside the steps:

        {"version": 1, "steps": [...], "knobs": {"tile_y": [64, 8], "unroll": true}}

    so that a stored trial has the vector that made it. A vector for which the template raises
    an error keeps no limit; `refused` counts the reasons.
    """

    template: Template = field(kw_only=True)
    refused: Counter[str] = field(kw_only=True, default_factory=Counter)
    _texts: dict[tuple[int, ...], str | None] = field(kw_only=True, default_factory=dict)
    _structures: dict[tuple[Primitive, ...], Sketch] = field(kw_only=True, default_factory=dict)

    @cached_property
    def key(self) -> str:
        """A hash of the name and the knobs."""
        knobs = {knob.name: knob.texts for knob in self._knobs}
        return sha256(json.dumps([self.name, knobs]).encode()).hexdigest()[:16]

    def bind(self, vector: Sequence[int]) -> Trace:
        """Return the trace of the candidate `vector`. Raises an error where the template does."""
        return from_json(self.text(vector))

    def text(self, vector: Sequence[int]) -> str:
        """Return the trace and the values of the knobs as JSON. Raises as `bind` does."""
        found = tuple(map(int, vector))
        text = self._known(found)
        return self._made(found) if text is None else text

    def vector_of(self, text: str) -> tuple[int, ...] | None:
        """Return the vector whose knobs a text names, or None."""
        try:
            document = json.loads(text)
            given = document["knobs"]
            vector = tuple(knob.texts.index(json.dumps(given[knob.name])) for knob in self._knobs)
        except (ValueError, LookupError, TypeError, RecursionError):  # of others, or broken
            return None
        return vector if self._known(vector) == text else None

    def near(self, document: object) -> tuple[int, ...] | None:
        """Return the legal vector whose values are the closest to the knobs of a trace, or None."""
        given = document.get("knobs") if isinstance(document, dict) else None
        if not isinstance(given, dict) or given.keys() != {knob.name for knob in self._knobs}:
            return None
        vector = tuple(_closest(knob, given[knob.name]) for knob in self._knobs)
        return vector if self.holds(np.array([vector], dtype=np.int64))[0] else None

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        """Return for each candidate of an (n, d) array whether the template makes a schedule."""
        result = super().holds(vectors)
        rows = vectors.tolist()
        for place in np.flatnonzero(result).tolist():
            result[place] = self._known(tuple(rows[place])) is not None
        return result

    def sample(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return up to `count` random candidates; the template runs for no more than it must."""
        drawn = [rng.choice(d.choices, size=_SPARE * count) for d in self.decisions]
        vectors = np.array(drawn, dtype=np.int64).reshape(len(drawn), _SPARE * count).T
        kept = vectors[Sketch.holds(self, vectors)]
        legal = (row for row, vector in enumerate(kept.tolist()) if self._known(tuple(vector)))
        return kept[list(islice(legal, count))]

    def structures(self, vectors: np.ndarray) -> Iterator[tuple[np.ndarray, Sketch, np.ndarray]]:
        """Group candidates by structure, each with its rows, a sketch of steps and its vectors."""
        for family in families([self.bind(row) for row in vectors.tolist()]):
            sketch = self._structures.setdefault(family.sketch.steps, family.sketch)
            yield family.rows, sketch, family.vectors

    @property
    def _knobs(self) -> list[Knob]:
        return list(self.template.space.knobs.values())

    def _known(self, vector: tuple[int, ...]) -> str | None:
        """Return the text of a vector, or None if it is illegal; the template runs once."""
        if vector not in self._texts:
            try:
                self._texts[vector] = self._made(vector)
            except AutoschedError as error:
                self._texts[vector] = None
                self.refused[error.message] += 1
        return self._texts[vector]

    def _made(self, vector: tuple[int, ...]) -> str:
        pairs = list(zip(self._knobs, vector, strict=True))
        trace = self.template.trace({knob.name: place for knob, place in pairs})
        values = {knob.name: knob.candidates[place].plain for knob, place in pairs}
        document = {**json.loads(to_json(trace)), "knobs": values}
        return json.dumps(document, separators=(",", ":"))


def _closest(knob: Knob, wanted: object) -> int:
    """Return the place of a value: the same, else the split with the closest inner extents."""
    text = json.dumps(wanted)
    if text in knob.texts:
        return knob.texts.index(text)
    if not isinstance(knob.candidates[0], SplitValue) or not _is_split(wanted, knob):
        return knob.default
    plain = [value.plain for value in knob.candidates]
    inner = np.log(np.array(plain, dtype=np.float64))[:, 1:]
    distances = np.abs(inner - np.log(np.array(wanted, dtype=np.float64))[1:]).sum(axis=1)
    return int(distances.argmin())


def _is_split(wanted: object, knob: Knob) -> bool:
    return (
        isinstance(wanted, list)
        and len(wanted) == len(knob.candidates[0].plain)
        and all(isinstance(size, int) and size > 0 for size in wanted)
    )


@dataclass(frozen=True)
class FilterLimit:
    """The values of all knobs keep the filters of a template."""

    space: KnobSpace

    @property
    def decisions(self) -> frozenset[int]:
        return frozenset(range(len(self.space.knobs)))

    def holds(self, vectors: np.ndarray) -> np.ndarray:
        return np.array([self._holds(row) for row in vectors.tolist()], dtype=bool)

    def _holds(self, row: Sequence[int]) -> bool:
        knobs = Knobs(self.space, dict(zip(self.space.knobs, row, strict=True)))
        return all(keeps(knobs) for keeps in self.space.filters)


def template_space(template: Template) -> Space:
    """Return the sketch of a template. Raises WorkloadError if no values make a schedule."""
    space = template.space
    sketch = TemplateSketch(
        template.name,
        (),
        tuple(map(_decision, space.knobs.values())),
        tuple(template.default[name] for name in space.knobs),
        (FilterLimit(space),) if space.filters else (),
        template=template,
    )
    return Space([_with_legal_default(sketch)], [], sketch.refused)


def _decision(knob: Knob) -> DecisionInfo:
    labels = tuple(text.replace(" ", "") for text in knob.texts)
    return DecisionInfo(knob.name, "knob", tuple(range(len(labels))), labels)


def _with_legal_default(sketch: TemplateSketch) -> TemplateSketch:
    """Return the sketch with a random legal default if its own is illegal."""
    default = np.array([sketch.default], dtype=np.int64).reshape(1, -1)
    if sketch.holds(default)[0]:
        return sketch
    found = sketch.sample(np.random.default_rng(0), _DRAWS)
    if not len(found):
        reason = sketch.refused.most_common(1)
        raise WorkloadError(
            f"expected values of the knobs of {sketch.name} that make a schedule, got none"
            + (f" ({reason[0][0]})" if reason else " that keep the filters")
        )
    return replace(sketch, default=tuple(found[0].tolist()))
