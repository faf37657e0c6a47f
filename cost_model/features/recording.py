"""Applies a sketch with sample values and records where its open numbers end up.

Factors of splits, layouts of copies and the axes that rfactor makes of a split stay open. Other
numbers, which a primitive writes into expressions, cannot: these decisions are `fixed` to one
value, and each value has a recording of its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from autosched.cost_model.features.factoring import Factoring, Factors, factoring
from autosched.cost_model.features.numbers import Extent, Number, Quotient, known
from autosched.schedule.arguments import Decision
from autosched.schedule.layout import Part, parse
from autosched.schedule.primitives.base import Primitive
from autosched.schedule.primitives.cache_read import CacheRead
from autosched.schedule.primitives.rfactor import RFactor
from autosched.schedule.primitives.split import Split
from autosched.schedule.primitives.tile import Tile
from autosched.schedule.schedule import Schedule, create_schedule
from autosched.schedule.sketch import Sketch, bind, decisions
from autosched.schedule.state import Inlined, StageState
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Tensor


@dataclass(frozen=True, slots=True)
class OpenPart:
    """One dimension of a copy: a `schedule.layout.Part` whose numbers may be open."""

    dimension: int
    unit: Number
    above: Number | None


@dataclass(slots=True, eq=False)
class Copy:
    """A stage that copies `tensor` of `source`: its parts with sample values and with open numbers.

    One that `is_computed` has the source inlined: it computes what others would copy.
    """

    source: StageState
    tensor: Tensor
    sampled: list[Part]
    parts: list[OpenPart]

    @property
    def is_computed(self) -> bool:
        return isinstance(self.source.attachment, Inlined)


@dataclass(slots=True, eq=False)
class Recording:
    """A schedule with sample values, and its open numbers.

    `factors` are those of splits, `extents` those of axes, `strides` as in `index.Strides`.
    `points` has the size of stages where it would depend on the sample. `written` are the
    decisions that were written into expressions.
    """

    schedule: Schedule
    factors: Factors = field(default_factory=Factors)
    copies: dict[StageState, Copy] = field(default_factory=dict)
    extents: dict[Axis, Extent] = field(default_factory=dict)
    strides: dict[Axis, tuple[int, Extent]] = field(default_factory=dict)
    points: dict[StageState, int] = field(default_factory=dict)
    written: frozenset[int] = frozenset()

    def extent(self, axis: Axis) -> Extent:
        found = self.extents.get(axis)
        return known(axis.extent) if found is None else found

    def shape(self, stage: StageState, value_index: int) -> list[Extent]:
        """Return the shape of a tensor that a stage computes."""
        if isinstance(stage.op, ComputeOp):
            return [self.extent(axis) for axis in stage.op.axis]
        return [known(extent) for extent in stage.op.outputs[value_index].shape]


def record(outputs: Sequence[Tensor], sketch: Sketch, fixed: Mapping[int, int]) -> Recording:
    """Apply `sketch` to `outputs` with its default decisions, except those that are `fixed`."""
    sample = [fixed.get(index, value) for index, value in enumerate(sketch.default)]
    recording = Recording(create_schedule(list(outputs)))
    written: set[int] = set()
    for step, bound in zip(sketch.steps, bind(sketch.steps, sample), strict=True):
        factored = _factoring(recording, step) if isinstance(step, RFactor) else None
        made = recording.schedule.apply(bound)
        if isinstance(step, RFactor):
            if factored is None:
                written |= _decided_splits(sketch.steps, step)
            else:
                _record_factoring(recording, step, factored, recording.schedule[made[0]])
        elif isinstance(step, Split):
            _record_split(recording, step, fixed)
        elif isinstance(step, Tile):
            _record_tile(recording, step, fixed)
        elif isinstance(step, CacheRead):
            stage: StageState = recording.schedule[made]
            assert isinstance(bound, CacheRead)
            recording.copies[stage] = _copy(recording, stage, step, bound, fixed)
    for stage, copy in recording.copies.items():
        if copy.is_computed:
            _record_strides(recording, stage, copy)
    recording.written = frozenset(written)
    return recording


def _factoring(recording: Recording, step: RFactor) -> Factoring | None:
    stage = recording.schedule.numbered[step.stage]
    return factoring(stage, stage.axes[step.axis], recording.factors)


def _record_factoring(
    recording: Recording, step: RFactor, factored: Factoring, partial: StageState
) -> None:
    final = recording.schedule.numbered[step.stage]
    axes = partial.op.axis
    factored.moved(axes[step.factor_axis % len(axes)], final.op.reduce_axis[0])
    recording.extents.update(factored.extents)
    recording.strides.update(factored.strides)
    recording.points[partial] = factored.points
    recording.points[final] = 0


def _record_tile(recording: Recording, step: Tile, fixed: Mapping[int, int]) -> None:
    x, y = recording.schedule.numbered[step.stage].relations[-2:]
    recording.factors.given[x] = _open(step.x_factor, fixed)
    recording.factors.given[y] = _open(step.y_factor, fixed)


def _record_split(recording: Recording, step: Split, fixed: Mapping[int, int]) -> None:
    relation = recording.schedule.numbered[step.stage].relations[-1]
    if step.factor is not None:
        recording.factors.given[relation] = _open(step.factor, fixed)
    elif step.nparts is not None:
        recording.factors.parts[relation] = _open(step.nparts, fixed)


def _copy(
    recording: Recording,
    stage: StageState,
    step: CacheRead,
    bound: CacheRead,
    fixed: Mapping[int, int],
) -> Copy:
    source = recording.schedule.numbered[step.tensor[0]]
    shape = recording.shape(source, step.tensor[1])
    sampled = parse(bound.layout, len(shape))
    assert not isinstance(sampled, str)
    parts: list[OpenPart] = []
    above: dict[int, Number] = {}
    entries = range(len(shape)) if step.layout is None else step.layout
    for axis, entry in zip(stage.op.axis, entries, strict=True):
        dimension, unit = entry if isinstance(entry, tuple) else (entry, 1)
        part = OpenPart(dimension, _open(unit, fixed), above.get(dimension))
        whole = shape[dimension] if part.above is None else part.above
        recording.extents[axis] = Quotient(whole, part.unit)
        above[dimension] = part.unit
        parts.append(part)
    return Copy(source, source.op.outputs[step.tensor[1]], sampled, parts)


def _record_strides(recording: Recording, stage: StageState, copy: Copy) -> None:
    """Keep the steps of axes open where the expression of a computed copy has sample values."""
    for axis, sampled, part in zip(stage.op.axis, copy.sampled, copy.parts, strict=True):
        if isinstance(part.unit, Decision):
            recording.strides[axis] = sampled.unit, part.unit


def _open(number: Number, fixed: Mapping[int, int]) -> Number:
    return fixed.get(number.index, number) if isinstance(number, Decision) else number


def _decided_splits(steps: Sequence[Primitive], rfactor: RFactor) -> set[int]:
    before = steps[: steps.index(rfactor)]
    splits = [s for s in before if isinstance(s, Split | Tile) and s.stage == rfactor.stage]
    return decisions(splits)
