"""Decides where terms of reductions that a mask makes the identity are left out."""

from __future__ import annotations

from autosched.ir.traverse import free_vars
from autosched.schedule.relevance import relevant_terms
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.padding import share_of_zeros
from autosched.search.space.tiles import Core
from autosched.te.axis import Axis

LEAST_SHARE = 0.04
"""The share of the terms from which leaving them out is worth bounds of loops."""


def skip_masked(builder: SketchBuilder, core: Core) -> None:
    """Leave out masked terms where the tolerance lets a product with an infinity differ."""
    if core.tolerance == 0:
        return
    for stage in builder.schedule.stages:
        conditions = relevant_terms(builder.schedule, stage.op)
        if not isinstance(stage.attachment, AtRoot) or not conditions:
            continue
        used = {var for part in conditions for var in free_vars(part)}
        has_sizes = any(not isinstance(var, Axis) for var in used)
        if has_sizes or share_of_zeros(conditions) >= LEAST_SHARE:
            builder.skip_masked(stage)
