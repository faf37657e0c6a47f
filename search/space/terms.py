"""Sums of several products in each term, such as those of complex numbers, as sums of products."""

from __future__ import annotations

from autosched.schedule.apart import axes_of
from autosched.schedule.primitives.sum_terms import terms_to_sum
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.parts import LEAST_USES
from autosched.search.space.structure import points_of
from autosched.search.space.tiles import Core


def sum_terms(builder: SketchBuilder, core: Core) -> bool:
    """Sum the terms of reductions at the root one by one; return if there are any.

    Sums of floats are rounded otherwise then, so that the target's tolerance has to allow it.
    """
    found = [
        stage
        for stage in builder.schedule.stages
        if isinstance(stage.attachment, AtRoot) and _is_worthwhile(stage, core)
    ]
    for stage in found:
        builder.sum_terms(stage)
    return bool(found)


def _is_worthwhile(stage: Stage, core: Core) -> bool:
    """Whether the factors of several terms are used often enough to be put together."""
    terms = terms_to_sum(stage.op)
    if terms is None or (core.tolerance == 0 and stage.op.outputs[0].dtype.is_float):
        return False
    uses = [
        points_of(axis for axis in stage.op.axis if axis not in axes_of(factor))
        for factor in terms.cases[0][0].sides
    ]
    return min(uses) >= LEAST_USES
