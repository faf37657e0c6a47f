"""Features of the accesses of the heaviest nest: the write, the vector operand, another operand."""

from __future__ import annotations

from collections.abc import Callable

from autosched.cost_model.features.nest_features import NestView
from autosched.cost_model.features.numbers import Value, most
from autosched.cost_model.features.structure import Access

SLOTS = ("write", "wide", "narrow")

Feature = Callable[[NestView, Access], Value]


def slots(view: NestView) -> dict[str, Access | None]:
    """Return the access of each slot; the wide operand moves with the vector axis."""
    reads = sorted(
        view.nest.reads,
        key=lambda read: (not view.block.moves_with_vector(read), not read.is_packed),
    )
    wide = reads[0] if reads else None
    narrow = max(reads[1:], key=lambda read: len(read.axes), default=None)
    return {"write": view.nest.writes[0], "wide": wide, "narrow": narrow}


def _share_of_lines(view: NestView, access: Access, level: int) -> Value:
    touched = view.locality.at(access, max(level, 0))
    return touched.elements * access.bytes / touched.line_bytes


COUNTS: dict[str, Feature] = {
    "bytes": lambda v, a: v.locality.at(a, 0).elements * a.bytes,
    "stride": lambda v, a: v.block.vector_stride(a),
    "bytes_block": lambda v, a: v.locality.at(a, v.block.level).elements * a.bytes,
    "lines_loop_0": lambda v, a: v.locality.at(a, max(v.block.level - 1, 0)).lines,
    "lines_tile": lambda v, a: v.locality.at(a, len(v.nest.path)).lines,
    "reuse": lambda v, a: v.points / v.locality.at(a, 0).elements,
    "reuse_distance_0": lambda v, a: v.locality.reuse_distance(a, 0),
    "reuse_distance_1": lambda v, a: v.locality.reuse_distance(a, 1),
    "reuse_distance_2": lambda v, a: v.locality.reuse_distance(a, 2),
    "traffic_32k": lambda v, a: v.locality.traffic(a, 32 << 10),
    "traffic_1m": lambda v, a: v.locality.traffic(a, 1 << 20),
    "traffic_32m": lambda v, a: v.locality.traffic(a, 32 << 20),
}

SHARES: dict[str, Feature] = {
    "contiguous": lambda v, a: _is(v.block.vector_stride(a), 1.0),
    "broadcast": lambda v, a: _is(v.block.vector_stride(a), 0.0),
    "line_share_loop_0": lambda v, a: _share_of_lines(v, a, v.block.level - 1),
    "line_share_tile": lambda v, a: _share_of_lines(v, a, len(v.nest.path)),
    "packed": lambda v, a: float(a.is_packed),
    "repeats": lambda v, a: v.block.repeats(a) / most(1.0, v.block.statements),
}


def _is(value: Value, wanted: float) -> Value:
    return 1.0 * (value == wanted)
