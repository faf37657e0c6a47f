"""Computations by a tensor intrinsic that is applied to parts of tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.schedule.schedule import Schedule
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


def create_schedule(ops: Any) -> Schedule:
    """Return a schedule in which the intrinsics that computations apply are tensorized."""
    s = te.create_schedule(ops)
    for stage in s.stages:
        attrs = getattr(stage.op, "attrs", {})
        intrinsic = declared(str(attrs.get(INTRINSIC)))
        if intrinsic is None:
            continue
        loops, inside = stage.leaves[: attrs[LOOPS]], len(intrinsic.op.reduce_axis)
        axes, reduced = list(stage.op.axis), list(stage.op.reduce_axis)
        outer = len(reduced) - inside
        order = [*loops, *reduced[:outer], *axes[len(loops) :], *reduced[outer:]]
        if reduced:
            stage.reorder(*order)
        stage.tensorize(order[len(loops) + outer], intrinsic)
    return s
