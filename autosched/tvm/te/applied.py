"""Computations by a tensor intrinsic that is applied to parts of tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.schedule.instruction import instruction_of
from autosched.schedule.primitives import Tensorize
from autosched.schedule.schedule import Schedule
from autosched.schedule.state import Inlined
from autosched.te.tensor_intrinsic import Applied, declared

INTRINSIC, LOOPS = "tensor_intrin", "loops"
"""The attributes of such a computation: the name of the intrinsic, the loops around it."""


def expanded(shape: Any, fcompute: Callable[..., Any], attrs: dict[str, Any]) -> Callable[..., Any]:
    """Return the formula of all axes where `fcompute` applies an intrinsic along the last ones.

    The intrinsic goes to `attrs`. Another function is returned as it is.
    """
    if not (callable(fcompute) and isinstance(shape, (list, tuple))):
        return fcompute
    named = inspect.signature(fcompute).parameters.values()
    plain = [each for each in named if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    if len(plain) != len(named) or len(plain) >= len(shape):
        return fcompute

    def formula(*axes: te.Axis) -> Any:
        made = fcompute(*axes[: len(plain)])
        if not isinstance(made, Applied):
            raise ExpressionError(
                f"expected a function of {len(shape)} axes, got one of {len(plain)}",
                hint="one argument for each extent of the shape, or *axes for any number",
            )
        attrs.update({INTRINSIC: made.intrinsic.name, LOOPS: len(plain)})
        return made.element(axes[len(plain) :])

    rest = inspect.Parameter("inner", inspect.Parameter.VAR_POSITIONAL)
    formula.__signature__ = inspect.Signature([*plain, rest])  # type: ignore[attr-defined]
    return formula


def apply_intrinsics(schedule: Schedule) -> None:
    """Tensorize the intrinsics that computations apply, where their loops still compute the same.

    They go inside of the other loops of their stages. This is the last step of a schedule.
    """
    for stage in schedule.stages:
        attrs = getattr(stage.op, "attrs", {})
        intrinsic = declared(str(attrs.get(INTRINSIC)))
        if intrinsic is None or instruction_of(stage) or type(stage.attachment) is Inlined:
            continue
        reduced = stage.op.reduce_axis[len(stage.op.reduce_axis) - len(intrinsic.op.reduce_axis) :]
        inside = [*stage.op.axis[attrs[LOOPS] :], *reduced]
        if any(stage.position_of(axis) < 0 for axis in inside):
            continue
        order = [*(leaf for leaf in stage.leaves if leaf not in set(inside)), *inside]
        before = list(stage.leaves)
        stage.leaves = order
        step = Tensorize(stage.number, stage.axes.index(inside[0]), intrinsic.name, intrinsic.shape)
        reason = schedule.why_not(step)
        stage.leaves = before
        if reason is None:
            stage.reorder(*order)
            schedule.apply(step)
