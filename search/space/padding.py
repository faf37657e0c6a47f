"""Decides where the taps of windows that meet only padding are left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

import numpy as np

from autosched.analysis.inequalities import nonnegative_forms
from autosched.analysis.linear import Linear
from autosched.ir.expr import Const, Expr, Select
from autosched.ir.traverse import free_vars
from autosched.schedule.primitives.skip_zeros import nonzero_conditions
from autosched.schedule.state import AtRoot, Inlined, StageState
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.reduce_loops import LONGEST_ROW
from autosched.search.space.structure import Contraction, contraction, extent
from autosched.search.space.tiles import LARGE, Core
from autosched.search.space.variants import variants
from autosched.te.axis import Axis, AxisKind
from autosched.te.tensor import TensorRead

LEAST_SHARE = 0.04
"""The share of taps from which leaving them out is worth sketches of its own."""

FEW_TAPS = 5
"""Taps along an axis up to which padding is decided where it is read, instead of copied.

Measured were convolutions with a copy and without, one thread and two, in us: 3x3 stride 2, 64 to
128 channels of 56x56 points 1027 and 1012, 548 and 502; 3 taps on 256 points 60 and 58, 34 and 29.
With 9 taps on 2048 points they take 327 and 359, 142 and 191.
"""

MOST_POINTS = 1 << 20
"""Points of the axes of a condition that are counted one by one."""


def skip_padding(builder: SketchBuilder, core: Core) -> bool:
    """Leave out the taps that meet only padding in contractions of floats; return whether any.

    Dot products of integers take several taps at once.
    """
    skipped = False
    for stage in builder.schedule.stages:
        found = contraction(stage) if isinstance(stage.attachment, AtRoot) else None
        if found is not None and _is_worthwhile(found, core):
            builder.skip_zeros(stage)
            skipped = True
    return skipped


def is_computed_again(builder: SketchBuilder) -> bool:
    """Whether contractions compute an element anew at each tap that reads it."""
    stages = (stage for stage in builder.schedule.stages if contraction(stage) is not None)
    return any(_is_computed(stage.schedule[tensor]) for stage in stages for tensor in stage.inputs)


def has_few_taps(builder: SketchBuilder) -> bool:
    """Whether all windows of contractions that meet padding are short along each axis.

    Not where sizes are symbolic: the border, which tests for it, is not told from the interior.
    """
    found = [each for stage in builder.schedule.stages if (each := contraction(stage))]
    taps = [axis for each in _padded_taps(builder) for axis in each]
    sizes = [extent(axis) or LARGE for axis in taps]
    is_known = all(extent(axis) is not None for each in found for axis in each.data)
    return bool(taps) and is_known and all(size <= FEW_TAPS for size in sizes)


def padded_axes(builder: SketchBuilder) -> int:
    """Return the most axes along which windows of a contraction meet padding."""
    return max(map(len, _padded_taps(builder)), default=0)


def _padded_taps(builder: SketchBuilder) -> list[set[Axis]]:
    """Return for each contraction the reduce axes by which windows meet padding."""
    found = [each for stage in builder.schedule.stages if (each := contraction(stage))]
    used = [
        {axis for condition in nonzero_conditions(each.stage) for axis in _axes(condition)}
        for each in found
    ]
    return [{axis for axis in each if axis.kind is AxisKind.REDUCE} for each in used]


def _is_computed(stage: StageState) -> bool:
    """Whether a stage is inlined and more than a choice between an element and a constant."""
    if type(stage.attachment) is not Inlined:
        return False
    body = stage.op.bodies[0]  # type: ignore[attr-defined]
    read = body.then if type(body) is Select else body
    return type(read) is not TensorRead or _is_computed(stage.schedule[read.tensor])


def _is_worthwhile(found: Contraction, core: Core) -> bool:
    """Whether many taps meet only padding, and vectors best run along axes that do not tell."""
    if not found.stage.op.outputs[0].dtype.is_float:
        return False
    conditions = nonzero_conditions(found.stage)
    axes = {axis for condition in conditions for axis in _axes(condition)}
    taps = [axis for axis in axes if axis.kind is AxisKind.REDUCE]
    is_short = all((extent(axis) or LARGE) <= LONGEST_ROW for axis in taps)
    if not taps or not is_short or share_of_zeros(conditions) < LEAST_SHARE:
        return False
    best = next(iter(variants(found, False, core)), None)
    return best is not None and found.data[best.vector] not in axes


def share_of_zeros(conditions: Iterable[Expr]) -> float:
    """Return the share of the terms of a sum for which one of the conditions fails.

    Conditions on the same axes are counted together, others as independent; 0 where they are no
    comparisons of axes of known extents.
    """
    groups: dict[frozenset[Axis], list[Linear]] = {}
    for condition in conditions:
        forms = nonnegative_forms(condition)
        groups.setdefault(_axes(condition), []).extend(forms or ())
    return 1 - prod(_share(sorted(axes, key=id), forms) for axes, forms in groups.items())


def _share(axes: Sequence[Axis], forms: Sequence[Linear]) -> float:
    """Return the share of the points of `axes` at which no form is negative."""
    sizes = [extent(axis) or LARGE for axis in axes]
    starts = [int(axis.start.value) for axis in axes if type(axis.start) is Const]
    is_known = len(starts) == len(axes) and prod(sizes) <= MOST_POINTS
    if not is_known or any(atom not in axes for form in forms for atom in form.terms):
        return 1.0
    points: dict[Expr, np.ndarray] = {
        axis: start + np.arange(size).reshape([-1 if each is axis else 1 for each in axes])
        for axis, start, size in zip(axes, starts, sizes, strict=True)
    }
    holds = np.ones(sizes, bool)
    for form in forms:
        terms = (k * points[axis] for axis, k in form.terms.items())
        holds &= sum(terms, np.array(form.const)) >= 0
    return float(holds.mean())


def _axes(condition: Expr) -> frozenset[Axis]:
    return frozenset(var for var in free_vars(condition) if isinstance(var, Axis))
