"""Decides where terms of reductions that a mask makes the identity are left out."""

from __future__ import annotations

from autosched.ir.expr import Var
from autosched.ir.traverse import free_vars
from autosched.schedule.relevance import relevant_terms
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.padding import share_of_zeros
from autosched.search.space.structure import reads_of
from autosched.search.space.tiles import Core
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp

LEAST_SHARE = 0.04
"""The share of the terms from which leaving them out is worth bounds of loops."""


def skip_masked(builder: SketchBuilder, core: Core) -> bool:
    """Leave out masked terms where the tolerance lets a product with an infinity differ.

    Return whether there are any. The padding of windows is left to the rules for that.
    """
    skipped = False
    if core.tolerance == 0:
        return skipped
    for stage in builder.schedule.stages:
        conditions = relevant_terms(builder.schedule, stage.op)
        if not isinstance(stage.attachment, AtRoot) or not conditions:
            continue
        used = {var for part in conditions for var in free_vars(part)}
        has_sizes = any(not isinstance(var, Axis) for var in used)
        is_many = has_sizes or share_of_zeros(conditions) >= LEAST_SHARE
        if is_many and not _is_window(stage, used):
            builder.skip_masked(stage)
            skipped = True
    return skipped


def _is_window(stage: Stage, axes: set[Var]) -> bool:
    """Whether one of some reduce axes is added to another axis in an index, as taps are."""
    assert isinstance(stage.op, ComputeOp), "it reduces"
    taps = axes.intersection(stage.op.reduce_axis)
    return any(
        axis in read.axes and axis not in read.pure for read in reads_of(stage.op) for axis in taps
    )
