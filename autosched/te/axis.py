"""The axes of operations: variables with a range."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from autosched.ir.expr import Expr, Var


class AxisKind(enum.Enum):
    """The meaning of the points of an axis."""

    DATA = "data"
    """Each point is an index of the output; points are independent."""
    REDUCE = "reduce"
    """The points are combined into one value."""
    THREAD = "thread"
    """A hardware or virtual thread, to bind another axis to."""
    ORDERED = "ordered"
    """The points run one after the other: each may read what those before it computed."""


@dataclass(frozen=True, slots=True, eq=False)
class Range:
    """The integers from `min` to below `min + extent`."""

    min: Expr
    extent: Expr


@dataclass(slots=True, eq=False, repr=False)
class Axis(Var):
    """A variable with the range `start <= axis < start + extent`; it is an expression.

    A schedule splits and fuses the axes of an operation into new ones.
    """

    start: Expr
    extent: Expr
    kind: AxisKind

    @property
    def var(self) -> Axis:
        """The axis itself, which TVM keeps apart from its variable."""
        return self

    @property
    def dom(self) -> Range:
        """The range of the axis."""
        return Range(self.start, self.extent)
