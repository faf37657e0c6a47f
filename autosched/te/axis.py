"""Axes: the named ranges a tensor expression is computed over."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from autosched.ir.expr import Expr, Var


class AxisKind(enum.Enum):
    """What the points of an axis mean to the result."""

    DATA = "data"
    """One point of the axis is one place of the output; points are independent."""
    REDUCE = "reduce"
    """The points are combined into one value."""
    THREAD = "thread"
    """A hardware or virtual thread, to bind another axis to."""


@dataclass(slots=True, eq=False, repr=False)
class Axis(Var):
    """A variable with its range `start <= axis < start + extent`; use it as an expression.

    The axes of an operation are roots; splitting and fusing them in a schedule makes more.
    """

    start: Expr
    extent: Expr
    kind: AxisKind
