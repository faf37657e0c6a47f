"""Reductions over some axes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched import te
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.te.tensor import Axis, Tensor
from autosched.tvm.topi.math import cast, elementwise
from autosched.tvm.topi.tag import COMM_REDUCE, COMM_REDUCE_IDX
from autosched.tvm.topi.transform.shape import flattened, reshape
from autosched.tvm.topi.utils import Axes, axes_of, get_const_tuple, normalized

Index = Callable[[tuple[Expr, ...]], list[Expr]]


def _spread(data: Tensor, axis: Axes, keepdims: bool, name: str) -> tuple[list[Axis], Index, Any]:
    """Return reduce axes, the index into `data` for a place of the result, and its shape."""
    axes = axes_of(axis, data.ndim, name)
    reduced = {each: te.reduce_axis((0, data.shape[each]), name=f"k{each}") for each in axes}
    kept = [each for each in range(data.ndim) if keepdims or each not in reduced]

    def index(place: tuple[Expr, ...]) -> list[Expr]:
        at = dict(zip(kept, place, strict=True))
        return [reduced.get(each, at.get(each)) for each in range(data.ndim)]  # type: ignore[misc]

    one = te.const(1, "int64")
    shape = tuple(one if each in reduced else data.shape[each] for each in kept)
    return list(reduced.values()), index, shape


def _reduction(name: str, reducer: Callable[..., Any]) -> Callable[..., Tensor]:
    def operator(data: Tensor, axis: Axes = None, keepdims: bool = False) -> Tensor:
        over, index, shape = _spread(data, axis, keepdims, name)
        if not over:
            copied: Tensor = elementwise(data, lambda value: value, name)
            return copied
        return te.compute(
            shape, lambda *i: reducer(data(*index(i)), axis=over),
            name=f"{'' if name == 'prod' else 'T_'}{name}", tag=COMM_REDUCE,
        )  # fmt: skip

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = f"The {name} over the axes, by default all; `keepdims` leaves them as 1."
    return operator


_both = te.comm_reducer(lambda x, y: te.all(x, y), lambda _: te.const(True, "bool"), "all")
_either = te.comm_reducer(lambda x, y: te.any(x, y), lambda _: te.const(False, "bool"), "any")

sum = _reduction("sum", te.sum)
max = _reduction("max", te.max)
min = _reduction("min", te.min)
prod = _reduction("prod", te.prod)
all = _reduction("all", _both)
any = _reduction("any", _either)


def _extremum(name: str, beats: Callable[[Expr, Expr], Expr], limit: Any) -> Callable[..., Tensor]:
    def operator(
        data: Tensor, axis: Axes = None, keepdims: bool = False, select_last_index: bool = False
    ) -> Tensor:
        def better(x: tuple[Expr, Expr], y: tuple[Expr, Expr]) -> tuple[Expr, Expr]:
            (i, a), (j, b) = x, y
            order = i > j if select_last_index else i < j
            first = te.any(beats(a, b), te.all(a == b, order))
            return te.if_then_else(first, i, j), te.if_then_else(first, a, b)

        def worst(index: Any, value: Any) -> tuple[Expr, Expr]:
            place = te.min_value(index) if select_last_index else te.max_value(index)
            return place, limit(as_dtype(value))

        over, index, shape = _spread(data, axis, keepdims, name)
        reducer = te.comm_reducer(better, worst, name)

        def both(*i: Expr) -> Any:
            flat: Expr = te.const(0, "int64")
            for each in over:
                flat = flat * each.extent + each
            return reducer((flat.astype("int32"), data(*index(i))), axis=over)

        found, _ = te.compute(shape, both, name=f"{name}_red_temp", tag=COMM_REDUCE_IDX)
        return te.compute(shape, lambda *i: found(*i), name=f"{name}_red")

    operator.__name__ = operator.__qualname__ = name
    operator.__doc__ = f"The index (int32) by {name} over the axes, flattened; the first of equals."
    return operator


argmax = _extremum(
    "argmax",
    lambda a, b: a > b,
    lambda kind: te.const(float("-inf"), kind) if kind.is_float else te.min_value(kind),
)
argmin = _extremum(
    "argmin",
    lambda a, b: a < b,
    lambda kind: te.const(float("inf"), kind) if kind.is_float else te.max_value(kind),
)


def collapse_sum(data: Tensor, target_shape: Any) -> Tensor:
    """The sum over the axes that a broadcast from `target_shape` would repeat."""

    wanted = get_const_tuple(target_shape)
    padded = (1,) * (data.ndim - len(wanted)) + wanted
    over = [
        axis
        for axis, (have, want) in enumerate(zip(get_const_tuple(data.shape), padded, strict=True))
        if want == 1 and have != 1
    ]
    summed = sum(data, over, keepdims=True) if over else data
    return reshape(summed, wanted)


def cumulative(
    data: Tensor, axis: int | None, exclusive: bool | None, reducer: Callable[..., Any], name: str
) -> Tensor:
    """Return the reduction of all elements up to each place along `axis`, by default flattened."""

    x = flattened(data) if axis is None else data
    at = 0 if axis is None else normalized(axis, x.ndim, name)
    k = te.reduce_axis((0, x.shape[at]), name="k")

    def body(*i: Expr) -> Expr:
        upto = k < i[at] if exclusive else k <= i[at]
        result: Expr = reducer(x(*i[:at], k, *i[at + 1 :]), axis=k, where=upto)
        return result

    return te.compute(x.shape, body, name=name)


def cumsum(
    data: Tensor, axis: int | None = None, dtype: str | None = None, exclusive: bool | None = None
) -> Tensor:
    """The sum of the elements up to each place, without itself if `exclusive`."""

    wide = data if dtype is None else cast(data, dtype)
    return cumulative(wide, axis, exclusive, te.sum, "cumsum")


def cumprod(
    data: Tensor, axis: int | None = None, dtype: str | None = None, exclusive: bool | None = None
) -> Tensor:
    """The product of the elements up to each place, without itself if `exclusive`."""

    wide = data if dtype is None else cast(data, dtype)
    return cumulative(wide, axis, exclusive, te.prod, "cumprod")
