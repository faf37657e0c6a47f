"""Features of the nests beside the heaviest: of the next heaviest, and sums over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from autosched.cost_model.features.nest_features import Feature as NestFeature
from autosched.cost_model.features.nest_features import NestView
from autosched.cost_model.features.numbers import Value, product
from autosched.ir.stmt import LoopKind

Views = Sequence[NestView]
Feature = Callable[[Views], Value]

SECOND_COUNTS: dict[str, NestFeature] = {
    "points": lambda v: v.points,
    "vector_steps": lambda v: v.vector_steps,
    "work": lambda v: v.vector_steps * max(1, v.nest.work.cost),
    "special": lambda v: v.points * v.nest.work.special,
    "lanes": lambda v: v.block.lanes,
    "statements": lambda v: v.block.statements,
    "tasks": lambda v: v.tasks,
    "footprint": lambda v: v.footprint(0),
    "traffic_32k": lambda v: v.traffic(32 << 10),
    "traffic_1m": lambda v: v.traffic(1 << 20),
    "traffic_32m": lambda v: v.traffic(32 << 20),
}


def _total(views: Iterable[NestView], of: NestFeature) -> Value:
    return sum((of(view) for view in views), start=0.0)


def _stored(views: Views, *, local: bool) -> Value:
    """The bytes of the intermediate tensors, of local scope or of others."""
    intermediate = (v for v in views if not v.nest.is_output)
    return _total((v for v in intermediate if (v.nest.scope == "local") is local), _storage)


def _storage(view: NestView) -> Value:
    shape = view.population.buffer_shape(view.nest)
    return product(list(shape.values())) * sum(access.bytes for access in view.nest.writes)


def _copied(views: Views, *, constant: bool) -> Value:
    """The bytes that packing writes: constants once, other operands at every call."""
    copies = [v for v in views if v.nest.is_copy and v.nest.copies_constant is constant]
    return _total(copies, lambda v: v.points * v.nest.writes[0].bytes)


def _is_threaded(view: NestView) -> bool:
    return any(owner.kind(axis) is LoopKind.PARALLEL for owner, axis in view.nest.loops)


def _running(views: Views) -> list[NestView]:
    """The nests that run at every call."""
    return [view for view in views if not view.nest.copies_constant]


SUM_COUNTS: dict[str, Feature] = {
    "points": lambda vs: _total(_running(vs), lambda v: v.points),
    "work": lambda vs: _total(_running(vs), lambda v: v.vector_steps * max(1, v.nest.work.cost)),
    "special": lambda vs: _total(vs, lambda v: v.points * v.nest.work.special),
    "statements": lambda vs: _total(vs, lambda v: v.block.statements),
    "scalar_points": lambda vs: _total(
        [v for v in _running(vs) if v.block.vector is None], lambda v: v.points
    ),
    "strided_points": lambda vs: _total(_running(vs), lambda v: v.points * _strided(v)),
    "serial_points": lambda vs: _total(
        [v for v in _running(vs) if not _is_threaded(v)], lambda v: v.points
    ),
    "traffic_32k": lambda vs: _total(_running(vs), lambda v: v.traffic(32 << 10)),
    "traffic_1m": lambda vs: _total(_running(vs), lambda v: v.traffic(1 << 20)),
    "stored_local": lambda vs: _stored(vs, local=True),
    "stored_global": lambda vs: _stored(vs, local=False),
    "packed": lambda vs: _copied(vs, constant=False),
    "packed_once": lambda vs: _copied(vs, constant=True),
}

SUM_SHARES: dict[str, Feature] = {
    "nests": lambda vs: float(len(vs)),
    "nests_at_root": lambda vs: float(sum(v.nest.parent is None for v in vs)),
    "nests_threaded": lambda vs: float(sum(_is_threaded(v) for v in vs if v.nest.parent is None)),
}


def _strided(view: NestView) -> Value:
    """How many accesses are neither contiguous nor broadcast."""
    strides = (view.block.vector_stride(access) for access in view.nest.accesses)
    return sum((1.0 * (stride > 1.0) for stride in strides), start=0.0)
