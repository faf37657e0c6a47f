"""Simplifies vectors of indices and masks as scalars over the number of the lane.

`Ramp(base, stride)` is `base + stride * lane`, so that a mask that holds in every lane is
found like any other condition. Vectors that depend on the lane in another way than a Ramp keep
their nodes.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from autosched.analysis.affine import depends_on
from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear, of_atom
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import BOOL, INDEX
from autosched.ir.expr import Expr, Var
from autosched.ir.node_types import NODE_TYPES
from autosched.ir.traverse import postorder, walk

LANEWISE = frozenset(
    (
        e.Add, e.Sub, e.Mul, e.FloorDiv, e.FloorMod, e.Min, e.Max, e.Select,
        e.Lt, e.Le, e.Eq, e.Ne, e.And, e.Or, e.Not,
    )
)  # fmt: skip


@cache
def lane_of(lanes: int) -> Var:
    """Return the variable for the number of a lane, in vectors of `lanes` lanes."""
    return Var(f"lane{lanes}", INDEX)


def as_scalar(expr: Expr, done: dict[Expr, Expr | None]) -> Expr | None:
    """Return the scalar expression of one lane of the vector `expr`; None if there is none.

    `done` keeps the results for `expr` and the vectors below it.
    """
    for node in postorder((expr,), _lanewise_operands, done):
        done[node] = _scalar(node, done)
    return done[expr]


def _lanewise_operands(expr: Expr) -> tuple[Expr, ...]:
    if expr.dtype.lanes == 1 or not _is_lanewise(expr):
        return ()
    return NODE_TYPES[type(expr)].children(expr)


def _is_lanewise(expr: Expr) -> bool:
    """Tell whether an operation on indices or conditions can be written for one lane."""
    return type(expr) in LANEWISE and expr.dtype.scalar in (INDEX, BOOL)


def _scalar(expr: Any, done: dict[Expr, Expr | None]) -> Expr | None:
    if expr.dtype.lanes == 1:
        return expr
    kind = type(expr)
    if kind is e.Broadcast:
        return expr.value
    if kind is e.Ramp:
        return build.add(expr.base, build.mul(lane_of(expr.dtype.lanes), expr.stride))
    if not _is_lanewise(expr):
        return None
    about = NODE_TYPES[kind]
    lanes = [done[operand] for operand in about.children(expr)]
    operands = tuple([lane for lane in lanes if lane is not None])
    return about.rebuild(expr, operands) if len(operands) == len(lanes) else None


def from_linear(form: Linear, lanes: int) -> Expr | None:
    """Return the vector of indices of this form; None if it is no Ramp or Broadcast."""
    lane = lane_of(lanes)
    stride = form.terms.get(lane, 0)
    rest = form - of_atom(lane) * stride if stride else form
    if depends_on(rest, lane):
        return None
    base = rest.to_expr()
    return build.ramp(base, stride, lanes) if stride else build.broadcast(base, lanes)


def from_condition(expr: Expr, lanes: int) -> Expr | None:
    """Return the mask that is `expr` in every lane; None if it depends on the lane."""
    lane = lane_of(lanes)
    mentioned = any(node is lane for node in walk(expr))
    return None if mentioned else build.broadcast(expr, lanes)


def know_lane(lanes: int, bounds: Bounds) -> None:
    """Add the range of the number of a lane, before anything is found out about it."""
    bounds.ranges.setdefault(lane_of(lanes), (0, lanes - 1))
