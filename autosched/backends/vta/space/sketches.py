"""The sketches of an expression for an accelerator: which operands stay or are double-buffered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from autosched.backends.vta.features.extract import estimated_cycles
from autosched.backends.vta.schedules.roles import Roles, roles
from autosched.backends.vta.schedules.sizes import MOST_INSTRUCTIONS
from autosched.backends.vta.space.tiles import TileRule
from autosched.backends.vta.space.tiling import Variant
from autosched.errors import ScheduleError
from autosched.schedule.placement import why_illegal
from autosched.schedule.sketch import Limit, ProductLimit, Sketch
from autosched.search.space.builder import SketchBuilder
from autosched.te.tensor import Tensor
from autosched.vta.config import VTAConfig

_Table = tuple[tuple[str, str], ...]

_STREAMED: _Table = (
    ("none", "data weights sums"),
    ("weights", "data sums"),
    ("weights", "data weights sums"),
    ("data", "weights sums"),
    ("data", "data weights sums"),
    ("none", "data weights"),
    ("none", "data"),
    ("none", "weights"),
    ("weights", "data"),
    ("data", "weights"),
    ("none", ""),
    ("weights", ""),
    ("data", ""),
)
"""The operand that stays, and the buffers that are doubled; the best guess first."""

_ONE_WEIGHT: _Table = (
    ("weights", "data sums"),
    ("weights", "data"),
    ("weights", "sums"),
    ("weights", ""),
)
"""The same for products that all have the same weights."""

_SUMS_ALONE: _Table = (("none", "sums"), ("none", ""))
"""The same for expressions without products."""


_WHOLE = 1 << 16
"""Up to this many candidates, all are compared to find a default."""

_SAMPLE = 1024
"""Of more candidates, so many random ones are compared."""

_EASED = 8
"""The least sizes of tiles are divided by this, repeatedly, until some tiles fit."""

_WITH_ZEROS = 4
"""The number of structures that are tried with padding on the chip too."""


def accelerator_sketches(outputs: Sequence[Tensor], config: VTAConfig) -> list[Sketch]:
    """Return every structure for the packed `outputs`; the first is the best guess.

    All have the same decisions. Structures whose smallest tiles exceed a memory are left out.
    Raises LoweringError for expressions that have no roles on the accelerator.
    """
    found = roles(outputs)
    sketches: list[Sketch] = []
    for variant in variants(found):
        builder = SketchBuilder(outputs)
        rule = TileRule(builder, found, config, variant)
        try:
            rule.apply()
        except ScheduleError:
            continue
        if why_illegal(builder.schedule) is None:
            sketch = _with_default(outputs, builder.sketch(variant.name), rule)
            sketches += [sketch] if sketch is not None else []
    return sketches


def _with_default(outputs: Sequence[Tensor], sketch: Sketch, rule: TileRule) -> Sketch | None:
    """Return the sketch with the estimated best candidate as its default.

    None if nothing fits, or if every program would be too long.
    """
    fitting = _fitting(sketch)
    if fitting is None:
        return None
    sketch, vectors = fitting
    order = np.argsort(estimated_cycles(outputs, sketch, vectors, rule.config), kind="stable")
    for vector in vectors[order].tolist():
        if rule.length(vector) <= MOST_INSTRUCTIONS:
            return replace(sketch, default=tuple(vector))
    return None


def _fitting(sketch: Sketch) -> tuple[Sketch, np.ndarray] | None:
    """Return the sketch, with smaller tiles if needed, and candidates; None if nothing fits."""
    while True:
        vectors = _candidates(sketch)
        if len(vectors):
            return sketch, vectors
        if not any(isinstance(limit, ProductLimit) and limit.least > 1 for limit in sketch.limits):
            # The smallest tiles may be too few to be drawn.
            smallest = np.array([[decision.choices[0] for decision in sketch.decisions]])
            return (sketch, smallest) if sketch.holds(smallest)[0] else None
        sketch = replace(sketch, limits=tuple(map(_eased, sketch.limits)))


def _candidates(sketch: Sketch) -> np.ndarray:
    """Return all candidates of a small sketch, random ones of a large one."""
    if sketch.size <= _WHOLE:
        return sketch.every
    return sketch.sample(np.random.default_rng(0), _SAMPLE)


def _eased(limit: Limit) -> Limit:
    if not isinstance(limit, ProductLimit):
        return limit
    return replace(limit, least=limit.least // _EASED)


def variants(found: Roles) -> list[Variant]:
    """Return the structures to try."""
    table = _STREAMED if found.products else _SUMS_ALONE
    if found.products and all(len(each.weights.shape) == 2 for each in found.products):
        table = _ONE_WEIGHT
    apart = [Variant(resident, frozenset(doubled.split()), True) for resident, doubled in table]
    if not any(each.padded for each in found.products):
        return [replace(variant, skips=False) for variant in apart]
    # Zeros on the chip are worth it where instructions are short; then the best guesses will do.
    return [*apart, *(replace(variant, skips=False) for variant in apart[:_WITH_ZEROS])]
