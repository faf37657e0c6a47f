"""Sums whose extents no dot product divides: their factors get zeros past the end."""

from __future__ import annotations

from autosched.schedule.primitives.pad_reduce import can_pad
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.dot import axis_of, dots_for, factors_of, is_packable, narrow
from autosched.search.space.packing import inline_source
from autosched.search.space.structure import Contraction, contraction, extent
from autosched.target.dot_products import DotProduct
from autosched.te.axis import Axis


def pad_sums(builder: SketchBuilder, dots: tuple[DotProduct, ...]) -> None:
    """Round up the reduce axes of contractions that instructions compute then."""
    for stage in builder.schedule.stages:
        found = contraction(stage) if isinstance(stage.attachment, AtRoot) else None
        if found is None or not is_packable(found):
            continue
        kinds = [*map(narrow, factors_of(found) or ())]
        padded = axis_to_pad(found, dots, kinds)
        if padded is not None:
            for copy in builder.pad_reduce(stage, *padded):
                for tensor in copy.op.input_tensors:
                    inline_source(builder, copy, builder.schedule[tensor])


def axis_to_pad(
    found: Contraction, dots: tuple[DotProduct, ...], kinds: list[str]
) -> tuple[Axis, int] | None:
    """Return the reduce axis to round up, and to a multiple of what, for factors of some dtypes.

    None where instructions compute the contraction as it is, where half of the terms or more would
    be zeros, and where the sum reads something besides, such as the rows to gather.
    """
    fitting = dots_for(found.stage, dots, kinds)
    if not fitting or axis_of(found, dots, kinds) is not None:
        return None
    steps = fitting[0].steps
    axes = [
        axis
        for axis in found.reduce
        if can_pad(found.stage.op, axis) and all(axis in read.axes for read in found.reads)
    ]
    longest = max(axes, key=lambda axis: extent(axis) or 0, default=None)
    if longest is None or (extent(longest) or 0) <= steps // 2:
        return None
    return longest, steps
