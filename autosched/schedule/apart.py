"""Computes a value that is part of a stage in a stage of its own."""

from __future__ import annotations

from collections.abc import Iterable

from autosched.ir.build import add, sub
from autosched.ir.expr import Expr
from autosched.ir.traverse import free_vars
from autosched.schedule.rewrite import fresh_axis, make_op, substitute_bodies
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor


def computed_apart(
    schedule: ScheduleState, stage: StageState, value: Expr, name: str, axes: Iterable[Axis]
) -> tuple[Tensor, Expr]:
    """Add a stage before another that computes a value of it, with `axes` in the order given.

    Axes that the value does not depend on are left out. Return its tensor, and the read of it that
    equals `value`. `stage` does not change.
    """
    used = [axis for axis in axes if axis in axes_of(value)]
    made = tuple(fresh_axis(axis.name, axis.extent) for axis in used)
    values = {old: add(new, old.start) for old, new in zip(used, made, strict=True)}
    copy = make_op(schedule.unused_name(name), made, substitute_bodies((value,), values)).outputs[0]
    schedule.add_stage(copy.op, before=stage)
    return copy, copy.read(tuple(sub(axis, axis.start) for axis in used))


def axes_of(value: Expr) -> set[Axis]:
    """Return the axes that a value depends on."""
    return {var for var in free_vars(value) if isinstance(var, Axis)}
