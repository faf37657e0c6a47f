"""Reductions: sum, prod, max, min, and those with a user's combiner."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir import build
from autosched.ir.build import as_expr, const
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Operand, Var
from autosched.ir.operators import read_formula
from autosched.ir.traverse import walk
from autosched.te.axis import Axis, AxisKind
from autosched.te.combining import in_order
from autosched.te.laws import check_laws
from autosched.te.math import max_value, min_value
from autosched.te.tensor import Combiner, Reduce, TensorRead

Axes = Axis | Sequence[Axis]
Reducer = Callable[..., Any]


def comm_reducer(
    fcombine: Callable[..., Any], fidentity: Callable[..., Any], name: str = "reduce"
) -> Reducer:
    """Return a reduction that combines by `fcombine(x, y)` and starts at `fidentity(dtype)`.

    The combination must be associative and commutative, and the starting value must be its
    identity: schedules combine values in any grouping and order. This is tested on values when
    the reduction is used; ExpressionError shows the values that violate it. The choice between
    equal values may depend on the order, as in an argmax. To reduce a tuple of values, both
    operands of `fcombine` are tuples, `fidentity` gets one dtype name for each value, and the
    result is a tuple, which a compute must return as a whole. Called with two values instead of a
    value and axes, it combines these.
    """
    return _reducer(fcombine, fidentity, name, check_laws)


def _reducer(
    fcombine: Callable[..., Any],
    fidentity: Callable[..., Any],
    name: str,
    check: Callable[[Combiner, Sequence[Expr]], None] | None = None,
) -> Reducer:
    def reducer(
        expr: Operand | tuple[Operand, ...],
        axis: Axes,
        where: Operand | None = None,
        init: Operand | Sequence[Operand] | None = None,
    ) -> Any:
        if isinstance(axis, Expr) and not isinstance(axis, Axis):
            return fcombine(expr, axis)
        several = isinstance(expr, (tuple, list))
        sources = tuple(as_expr(value) for value in (expr if several else (expr,)))
        dtypes = tuple(source.dtype for source in sources)
        combiner = _combiner(name, fcombine, fidentity, dtypes)
        if check is not None:
            check(combiner, sources)
        condition = const(True) if where is None else _condition(name, where)
        start = None if init is None else _components(init, dtypes, f"'init' of {name}")
        axes = _reduce_axes(name, axis)
        values = tuple(
            Reduce(combiner, sources, axes, condition, index, source.dtype, start)
            for index, source in enumerate(sources)
        )
        return values if several else values[0]

    reducer.__name__ = name
    return reducer


def max(expr: Operand, axis: Any, where: Operand | None = None, init: Operand | None = None) -> Any:
    """Return the maximum of `expr` over `axis`, or of two expressions if `axis` is one.

    It is NaN if any of them is. Of zeros with different signs it is either one.
    """
    return _max(expr, axis, where, init) if _is_axes(axis) else build.maximum(expr, axis)


def min(expr: Operand, axis: Any, where: Operand | None = None, init: Operand | None = None) -> Any:
    """Return the minimum of `expr` over `axis`, or of two expressions if `axis` is one.

    It is NaN if any of them is. Of zeros with different signs it is either one.
    """
    return _min(expr, axis, where, init) if _is_axes(axis) else build.minimum(expr, axis)


def _is_axes(axis: Any) -> bool:
    if isinstance(axis, Axis):
        return axis.kind is AxisKind.REDUCE
    return isinstance(axis, (tuple, list))


def _combiner(
    name: str,
    fcombine: Callable[..., Any],
    fidentity: Callable[..., Any],
    dtypes: tuple[DType, ...],
) -> Combiner:
    left = tuple(Var(f"x{index}", dtype) for index, dtype in enumerate(dtypes))
    right = tuple(Var(f"y{index}", dtype) for index, dtype in enumerate(dtypes))
    operands = (left[0], right[0]) if len(dtypes) == 1 else (left, right)
    combined = read_formula(fcombine, *operands)
    results = _components(combined, dtypes, f"the combination of {name}")
    if len(results) == 1:
        results = (in_order(results[0], left[0], right[0]),)
    identity = fidentity(*(dtype.name for dtype in dtypes))
    identities = _components(identity, dtypes, f"the identity of {name}")
    combiner = Combiner(name, left, right, results, identities)
    _check_same_everywhere(combiner)
    return combiner


def _check_same_everywhere(combiner: Combiner) -> None:
    """Refuse a combination that reads tensors, or differs along reduce axes."""
    used: list[Expr] = [v for v in combiner.around if getattr(v, "kind", None) is AxisKind.REDUCE]
    for expr in (*combiner.results, *combiner.identities):
        used += [node for node in walk(expr) if isinstance(node, TensorRead)]
    if used:
        raise ExpressionError(
            f"expected operands, data axes and sizes in the combination of {combiner.name}, got "
            f"{used[0]}",
            hint="put it into the value that is reduced",
        )


def _components(value: Any, dtypes: tuple[DType, ...], what: str) -> tuple[Expr, ...]:
    given = tuple(value) if isinstance(value, (tuple, list)) else (value,)
    if len(given) != len(dtypes):
        raise ExpressionError(f"expected {len(dtypes)} values for {what}, got {len(given)}")
    exprs = tuple(as_expr(item, dtype) for item, dtype in zip(given, dtypes, strict=True))
    for expr, dtype in zip(exprs, dtypes, strict=True):
        if expr.dtype is not dtype:
            raise ExpressionError(
                f"expected {what} to have the dtype {dtype}, got {expr.dtype}",
                hint=f"cast it with .astype('{dtype}')",
            )
    return exprs


def _condition(name: str, where: Operand) -> Expr:
    condition = as_expr(where)
    if not condition.dtype.is_bool:
        raise ExpressionError(
            f"expected a bool for 'where' of {name}, got {condition} of dtype {condition.dtype}"
        )
    return condition


def _reduce_axes(name: str, axis: Any) -> tuple[Axis, ...]:
    axes = tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    for item in axes:
        if not isinstance(item, Axis) or item.kind is not AxisKind.REDUCE:
            raise ExpressionError(
                f"expected a reduce axis for {name}, got {item!r}",
                hint="make one with te.reduce_axis((0, extent))",
            )
    if not axes or len(set(map(id, axes))) < len(axes):
        raise ExpressionError(f"expected different reduce axes for {name}, got {list(axes)!r}")
    return axes


sum = _reducer(lambda x, y: x + y, lambda dtype: const(0, dtype), "sum")
prod = _reducer(lambda x, y: x * y, lambda dtype: const(1, dtype), "prod")
_max = _reducer(build.maximum, min_value, "max")
_min = _reducer(build.minimum, max_value, "min")
