"""Computes values that are parts of a stage in stages of their own."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeGuard

from autosched.ir.build import add, sub
from autosched.ir.expr import Const, Expr
from autosched.ir.traverse import free_vars
from autosched.schedule.rewrite import fresh_axis, make_op, substitute_bodies
from autosched.schedule.state import ScheduleState, StageState
from autosched.te.axis import Axis, AxisKind
from autosched.te.check import first_row
from autosched.te.tensor import ComputeOp, Reduce, Tensor, TensorRead


def computed_apart(
    schedule: ScheduleState, stage: StageState, value: Expr, name: str, axes: Iterable[Axis]
) -> tuple[Tensor, Expr]:
    """Add a stage before another that computes a value of it, with `axes` in the order given.

    Axes that the value does not depend on are left out. Return its tensor, and the read of it that
    equals `value`. `stage` does not change.
    """
    used = [axis for axis in axes if axis in axes_of(value)]
    copy = computed(schedule.unused_name(name), used, value)
    schedule.add_stage(copy.op, before=stage)
    return copy, copy.read(points(used))


def axes_of(value: Expr) -> set[Axis]:
    """Return the axes that a value depends on."""
    return {var for var in free_vars(value) if isinstance(var, Axis)}


def source_of(op: ComputeOp, factor: Expr) -> tuple[Sequence[Axis], Expr, tuple[Expr, ...]]:
    """Return the axes of a stage for a factor, its value there, and where the sum reads it.

    Windows read an element at several taps: dimensions that they move along are computed whole,
    once, and of others, which a constant or one axis indexes, what is read. Other factors are laid
    out as they are read.
    """
    if _is_window(factor):
        return window_source(factor)
    indices = factor.indices if type(factor) is TensorRead else ()
    in_order = [axis for axis in indices if isinstance(axis, Axis)]
    every = dict.fromkeys([*in_order, *op.axes, *op.reduce_axis])
    used = [axis for axis in every if axis in axes_of(factor)]
    return used, factor, points(used)


def window_source(
    read: TensorRead, is_guarded: bool = False
) -> tuple[Sequence[Axis], Expr, tuple[Expr, ...]]:
    """Return `source_of` a window: of each dimension a slice that is read, or else all points.

    Where a condition guards the read, an axis may lead outside of the tensor.
    """
    used = [axes_of(index) for index in read.indices]
    axes: list[Axis] = []
    values: list[Expr] = []
    places: list[Expr] = []
    for index, size, found in zip(read.indices, read.tensor.shape, used, strict=True):
        if not found and (not is_guarded or _is_less(index, size)):
            values.append(index)
            continue
        axis = next(iter(found)) if len(found) == 1 else None
        is_alone = axis is not None and sum(axis in each for each in used) == 1
        if axis is not None and is_alone and not is_guarded and _is_less(axis.extent, size):
            value, place = index, sub(axis, axis.start)
        else:
            axis = fresh_axis(f"ax{len(values)}", size)
            value, place = axis, index
        axes.append(axis)
        values.append(value)
        places.append(place)
    return axes, read.tensor.read(tuple(values)), tuple(places)


def _is_less(number: Expr, size: Expr) -> bool:
    """Whether a number is known to be at least 0, and less than a size."""
    return type(number) is Const and type(size) is Const and 0 <= number.value < size.value


def _is_window(factor: Expr) -> TypeGuard[TensorRead]:
    """Tell whether a factor reads a tensor, with all its rows, otherwise than by axes alone."""
    if type(factor) is not TensorRead or first_row(factor.tensor):
        return False
    return not all(isinstance(index, Axis) for index in factor.indices)


def points(axes: Sequence[Axis]) -> tuple[Expr, ...]:
    """Return the indices of a made tensor at axes that may start elsewhere than at 0."""
    return tuple(sub(axis, axis.start) for axis in axes)


def computed(name: str, axes: Sequence[Axis], value: Expr) -> Tensor:
    """Return the tensor of a value, or of a reduction, for all points of some axes."""
    made = tuple(fresh_axis(axis.name, axis.extent) for axis in axes)
    values = {old: add(new, old.start) for old, new in zip(axes, made, strict=True)}
    if type(value) is Reduce:
        summed_over = tuple(
            fresh_axis(axis.name, axis.extent, AxisKind.REDUCE) for axis in value.axes
        )
        values |= {
            old: add(new, old.start) for old, new in zip(value.axes, summed_over, strict=True)
        }
        moved = substitute_bodies((*value.sources, value.condition, value.relevant), values)
        *sources, condition, relevant = moved
        value = replace(
            value,
            sources=tuple(sources),
            axes=summed_over,
            condition=condition,
            relevant=relevant,
        )
    else:
        (value,) = substitute_bodies((value,), values)
    return make_op(name, made, (value,)).outputs[0]
