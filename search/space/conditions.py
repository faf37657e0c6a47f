"""Conditions in what is reduced, which are tested after the reduction or before a product.

C[i, j] = sum of (A[i, k] * B[k, j] if j <= i else 0)     the product is computed for all j
C[i, j] = sum of (1 if I[k] == i else 0) * B[k, j]        B[k, j] is added where I[k] is i
"""

from __future__ import annotations

from autosched.schedule.primitives.choose_after import later_conditions
from autosched.schedule.primitives.choose_product import with_choice
from autosched.schedule.relevance import is_finite
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.named_points import scatter_of
from autosched.search.space.padding import share_of_zeros
from autosched.search.space.tiles import Core
from autosched.te.combining import summed

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


def choose_products(builder: SketchBuilder, core: Core) -> bool:
    """Choose between products and 0 where data names the points of those that count.

    Floats are left out for a tolerance of 0, and where a factor beside the zero may not be finite
    though all inputs are.
    """
    found = [stage for stage in builder.schedule.stages if _names_products(builder, stage, core)]
    for stage in found:
        builder.choose_product(stage)
    return bool(found)


def _names_products(builder: SketchBuilder, stage: Stage, core: Core) -> bool:
    chosen = with_choice(stage.op) if isinstance(stage.attachment, AtRoot) else None
    if chosen is None or scatter_of(chosen) is None:
        return False
    value = summed(chosen)
    assert value is not None, "it sums choices"
    is_safe = core.tolerance > 0 and is_finite(builder.schedule, value)
    return is_safe or not value.dtype.is_float
