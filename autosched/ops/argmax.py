"""The places of extrema, and that of the greatest element along the last axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autosched import te
from autosched.ir.expr import Const, Expr
from autosched.ops.checks import check_has_axes, check_number
from autosched.te.tensor import Tensor


def extremum_places(
    value: Callable[..., Expr], outer: Sequence[Expr | int], extent: Expr | int,
    least: bool = False, last: bool = False, name: str = "place",
) -> Tensor:  # fmt: skip
    """Return where `value(*i, k)` is greatest, or least, for `k` up to an extent: (outer), int64.

    Of equal values the first place counts, or the last one. NaN is beyond all numbers, as in NumPy.
    The extremum comes first, then its place: two reductions that vectors compute, where pairs of
    places and values would be compared one by one.
    """
    k, r = te.reduce_axis((0, extent), name="k"), te.reduce_axis((0, extent), name="r")
    best = te.compute(
        outer, lambda *i: (te.min if least else te.max)(value(*i, k), axis=k), name="extremum"
    )
    is_short = isinstance(k.extent, Const) and k.extent.value < 1 << 31
    kind = "int32" if is_short else "int64"

    def found(*i: Expr) -> Expr:
        here = value(*i, r)
        is_best = te.any(here == best(*i), te.isnan(here))
        none = te.min_value(kind) if last else te.max_value(kind)
        place = te.if_then_else(is_best, r.astype(kind), none)
        return (te.max if last else te.min)(place, axis=r)

    places = te.compute(outer, found, name="found")
    return te.compute(outer, lambda *i: places(*i).astype("int64"), name=name)


def argmax(x: Tensor, name: str = "argmax") -> Tensor:
    """The index (int64) of the greatest element along the last axis, the first of equals.

    NaN counts as greatest.
    """
    check_number(x, name)
    check_has_axes(x, name)
    return extremum_places(lambda *i: x(*i), x.shape[:-1], x.shape[-1], name=name)
