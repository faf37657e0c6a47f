"""The ranges over which the axes of a schedule run, without lowering it."""

from __future__ import annotations

from autosched.analysis.simplify import simplify
from autosched.ir.expr import Var
from autosched.ir.rewrite import substitute
from autosched.ir.traverse import free_vars
from autosched.lowering.plan import ZERO, Ranges
from autosched.lowering.regions import plan_stages
from autosched.lowering.storage import shared_buffers
from autosched.schedule.inline import inline_all
from autosched.schedule.schedule import Schedule
from autosched.schedule.state import Inlined
from autosched.te.axis import Axis, Range


def inferred_bounds(schedule: Schedule) -> dict[Axis, Range]:
    """Return the range of every axis of a stage with loops.

    An axis of the operation begins where its stage does, in terms of the loops around the stage.
    Axes made by splits and fusions begin at 0.
    """
    ranges = Ranges()
    for tensor in schedule.tensors:
        for extent in tensor.shape:
            for size in free_vars(extent):
                ranges.bounds.add_range(size, 1, None)
    inlined = inline_all(schedule)
    ops = {s: op for s, op in inlined.items() if not isinstance(s.attachment, Inlined)}
    plans = plan_stages(schedule, ops, shared_buffers(schedule, {}), ranges)
    axes: dict[Var, Axis] = {
        var: axis for plan in plans.values() for axis, var in plan.loops.items()
    }
    return {
        axis: Range(
            substitute(plan.starts.get(axis, ZERO), axes),
            substitute(simplify(extent, ranges.bounds), axes),
        )
        for plan in plans.values()
        for axis, extent in plan.extents.items()
    }
