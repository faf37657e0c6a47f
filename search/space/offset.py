"""Products of two int8, or of two uint8, for machines that multiply one of each: one is offset."""

from __future__ import annotations

from autosched.schedule.primitives.offset_factor import can_offset
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.dot import (
    ALIKE,
    OFFSET,
    axis_of,
    converted,
    dot_axis,
    factors_of,
    is_packable,
)
from autosched.search.space.odd_sums import axis_to_pad
from autosched.search.space.structure import Contraction, bytes_read, contraction, read_of
from autosched.search.space.tiles import Core
from autosched.search.space.variants import is_constant, vector_axes

EXCESS = 10
"""How many times as long it takes to sum bytes of an operand as to offset them in a copy."""


def offset_factors(builder: SketchBuilder, core: Core) -> bool:
    """Offset factors of contractions that instructions compute then; return whether any were."""
    found = [
        (stage, number)
        for stage in builder.schedule.stages
        if isinstance(stage.attachment, AtRoot)
        and (made := contraction(stage)) is not None
        and is_packable(made)
        and (number := offset_number(made, core)) is not None
    ]
    for stage, number in found:
        builder.offset_factor(stage, number)
    return bool(found)


def offset_number(found: Contraction, core: Core) -> int | None:
    """Return the factor of a contraction to offset, so that instructions compute it.

    None where they compute it as it is, or not with an offset either. A constant is not offset:
    what an offset of the other adds is known before a call. Else it is the factor for which less is
    copied and summed; what vectors run along is copied anyway. A product of 16x1024 and 1024x1024
    takes 141 us with an offset of the rows, 106 with one of the matrix.
    """
    if not core.dots or dot_axis(found, core.dots) is not None:
        return None
    factors = factors_of(found) or []
    elements = [each for factor in factors if (each := converted(factor)) is not None]
    kinds = [each.dtype.name for each in elements]
    if kinds not in ALIKE or axis_to_pad(found, core.dots, kinds):
        return None
    if not axis_of(found, core.dots, OFFSET) and not axis_to_pad(found, core.dots, OFFSET):
        return None
    vector = next((found.data[each] for each in vector_axes(found, core.lanes, True)), None)
    reads = [*map(read_of, elements)]
    sizes = [bytes_read(read) for read in reads]
    copied = [0 if vector in read.axes else size for read, size in zip(reads, sizes, strict=True)]
    number = min(range(2), key=lambda n: (is_constant(reads[n]), copied[n] + EXCESS * sizes[1 - n]))
    return number if can_offset(found.stage.op, number) else None
