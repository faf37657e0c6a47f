"""The places of extrema, and that of the greatest element along the last axis."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autosched import te
from autosched.ir.expr import Expr
from autosched.ops.checks import check_has_axes, check_number
from autosched.te.tensor import Tensor

Pair = tuple[Expr, Expr]
Comparison = Callable[[Any, Any], Any]


def extremum(
    name: str, beats: Comparison = operator.gt, comes_first: Comparison = operator.lt
) -> Callable[..., Any]:
    """Return the reducer of pairs of a place and a value to the pair of the extremum.

    `beats` is `operator.gt` for the greatest value and `operator.lt` for the least. Of equal
    values, the first place is kept with `operator.lt` or `operator.le` as `comes_first`, the last
    one with `operator.gt`.
    """
    farthest = te.min_value if comes_first is operator.gt else te.max_value
    limit = te.min_value if beats is operator.gt else te.max_value

    def better(x: Pair, y: Pair) -> Pair:
        (i, a), (j, b) = x, y
        first = te.any(beats(a, b), te.all(a == b, comes_first(i, j)))
        return te.if_then_else(first, i, j), te.if_then_else(first, a, b)

    return te.comm_reducer(better, lambda i, value: (farthest(i), limit(value)), name)


def argmax(x: Tensor, name: str = "argmax") -> Tensor:
    """The index (int64) of the greatest element along the last axis, the first of equals."""
    check_number(x, name)
    check_has_axes(x, name)
    reducer = extremum(name, comes_first=operator.le)
    k = te.reduce_axis((0, x.shape[-1]), name="k")
    places, _ = te.compute(x.shape[:-1], lambda *i: reducer((k, x(*i, k)), axis=k), name="greatest")
    return te.compute(x.shape[:-1], lambda *i: places(*i), name=name)
