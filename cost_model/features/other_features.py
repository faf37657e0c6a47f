"""Features of the nests beside the heaviest: of the next heaviest, and sums over all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from autosched.cost_model.features import nest_features
from autosched.cost_model.features.nest_features import Feature as NestFeature
from autosched.cost_model.features.nest_features import NestView
from autosched.cost_model.features.numbers import Value, product
from autosched.ir.stmt import LoopKind

Views = Sequence[NestView]
Feature = Callable[[Views], Value]

_OF_NEST: dict[str, NestFeature] = {
    **nest_features.COUNTS,
    "work": lambda v: v.vector_steps * max(1, v.nest.work.cost),
}

SECOND_COUNTS: dict[str, NestFeature] = {
    name: _OF_NEST[name]
    for name in (
        "points", "vector_steps", "work", "special", "lanes", "statements", "tasks", "footprint",
        "traffic_32k", "traffic_1m", "traffic_32m",
    )
}  # fmt: skip


def _total(views: Iterable[NestView], of: NestFeature) -> Value:
    return sum((of(view) for view in views), start=0.0)


def _stored(views: Views, *, local: bool) -> Value:
    """Return the bytes of the intermediate tensors, of local scope or of others."""
    intermediate = (v for v in views if not v.nest.is_output)
    return _total((v for v in intermediate if (v.nest.scope == "local") is local), _storage)


def _storage(view: NestView) -> Value:
    shape = view.population.buffer_shape(view.nest)
    return product(list(shape.values())) * sum(access.bytes for access in view.nest.writes)


def _copied(views: Views, *, constant: bool) -> Value:
    """Return the bytes that packing writes: constants once, other operands at every call."""
    copies = [v for v in views if v.nest.is_copy and v.nest.is_constant is constant]
    return _total(copies, lambda v: v.points * v.nest.writes[0].bytes)


def _is_threaded(view: NestView) -> bool:
    return any(owner.kind(axis) is LoopKind.PARALLEL for owner, axis in view.nest.loops)


def _running(views: Views) -> list[NestView]:
    """Return the nests that run at every call."""
    return [view for view in views if not view.nest.is_constant]


def _sum_of(name: str, chosen: Callable[[Views], Views] = _running) -> Feature:
    return lambda views: _total(chosen(views), _OF_NEST[name])


SUM_COUNTS: dict[str, Feature] = {
    "points": _sum_of("points"),
    "work": _sum_of("work"),
    "special": _sum_of("special", tuple),
    "statements": _sum_of("statements", tuple),
    "scalar_points": _sum_of(
        "points", lambda vs: [v for v in _running(vs) if v.block.vector is None]
    ),
    "strided_points": lambda vs: _total(_running(vs), lambda v: v.points * _strided(v)),
    "serial_points": _sum_of("points", lambda vs: [v for v in _running(vs) if not _is_threaded(v)]),
    "traffic_32k": _sum_of("traffic_32k"),
    "traffic_1m": _sum_of("traffic_1m"),
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
    """Return how many accesses are neither contiguous nor broadcast."""
    strides = (view.block.vector_stride(access) for access in view.nest.accesses)
    return sum((1.0 * (stride > 1.0) for stride in strides), start=0.0)
