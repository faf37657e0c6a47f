"""Reductions over some axes."""

from __future__ import annotations

from collections.abc import Callable
from operator import gt, lt
from typing import Any

from autosched import te
from autosched.ir.build import as_expr
from autosched.ir.expr import Expr
from autosched.te.axis import Axis
from autosched.te.elementwise import is_one
from autosched.te.tensor import Tensor
from autosched.tvm.topi.math import cast, elementwise
from autosched.tvm.topi.tag import COMM_REDUCE, COMM_REDUCE_IDX
from autosched.tvm.topi.transform.shape import flattened, squeeze
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


def _reduction(
    name: str, of_numbers: Callable[..., Any], of_truth: Callable[..., Any]
) -> Callable[..., Tensor]:
    def operator(data: Tensor, axis: Axes = None, keepdims: bool = False) -> Tensor:
        over, index, shape = _spread(data, axis, keepdims, name)
        reducer = of_truth if data.dtype.is_bool else of_numbers
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

sum = _reduction("sum", te.sum, _either)
max = _reduction("max", te.max, _either)
min = _reduction("min", te.min, _both)
prod = _reduction("prod", te.prod, _both)
all = _reduction("all", _both, _both)
any = _reduction("any", _either, _either)


def _places(name: str, beats: Callable[..., Any], last: bool) -> Callable[..., Any]:
    """Return the reducer of pairs of a place and a value, as TVM has it, to the extremum's pair."""
    farthest = te.min_value if last else te.max_value
    limit = te.min_value if beats is gt else te.max_value
    comes_first = gt if last else lt

    def better(x: tuple[Expr, Expr], y: tuple[Expr, Expr]) -> tuple[Expr, Expr]:
        (i, a), (j, b) = x, y
        first = te.any(beats(a, b), te.all(a == b, comes_first(i, j)))
        return te.if_then_else(first, i, j), te.if_then_else(first, a, b)

    return te.comm_reducer(better, lambda i, value: (farthest(i), limit(value)), name)


def _extremum(name: str, beats: Callable[..., Any]) -> Callable[..., Tensor]:
    def operator(
        data: Tensor, axis: Axes = None, keepdims: bool = False, select_last_index: bool = False
    ) -> Tensor:
        over, index, shape = _spread(data, axis, keepdims, name)
        reducer = _places(name, beats, select_last_index)

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


argmax = _extremum("argmax", gt)
argmin = _extremum("argmin", lt)


def collapse_sum(data: Tensor, target_shape: Any) -> Tensor:
    """The sum over the axes that a broadcast from `target_shape` would repeat."""

    wanted = get_const_tuple(target_shape)
    new = data.ndim - len(wanted)
    padded = (1,) * new + wanted
    over = [
        axis
        for axis, (have, want) in enumerate(zip(data.shape, padded, strict=True))
        if is_one(as_expr(want)) and not is_one(have)
    ]
    summed = sum(data, over, keepdims=True) if over else data
    return squeeze(summed, range(new))


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
