"""Conditions on data axes in what is reduced, which are tested after the reduction.

C[i, j] = sum of (A[i, k] * B[k, j] if j <= i else 0)     the product is computed for all j
"""

from __future__ import annotations

from autosched.schedule.primitives.choose_after import later_conditions
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.padding import share_of_zeros

MOST_NEEDLESS = 0.75
"""The share of the results that may be computed for nothing: others take a tenth of the time."""


def choose_after(builder: SketchBuilder) -> bool:
    """Test conditions on data axes after reductions at the root; return if there are any."""
    found = [
        stage
        for stage in builder.schedule.stages
        if isinstance(stage.attachment, AtRoot)
        and (conditions := later_conditions(stage.op))
        and share_of_zeros(conditions) <= MOST_NEEDLESS
    ]
    for stage in found:
        builder.choose_after(stage)
    return bool(found)
