"""Creates tensors: placeholders, symbolic sizes, axes and computed tensors."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from keyword import iskeyword
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir.build import as_expr, cast, const
from autosched.ir.build import sub as subtract
from autosched.ir.dtype import INDEX, DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Const, Expr, Operand, Var
from autosched.ir.operators import read_formula
from autosched.te.axis import Axis, AxisKind
from autosched.te.check import check_bodies, check_reads, inside_later
from autosched.te.narrow import narrow_comparisons
from autosched.te.ragged import boxed
from autosched.te.tensor import ComputeOp, PlaceholderOp, Reduce, Tensor

Shape = Operand | Sequence[Operand]


def placeholder(
    shape: Shape, dtype: DType | str = "float32", name: str = "placeholder", constant: bool = False
) -> Tensor:
    """Return an input tensor; a `constant` one has the same values at every call.

    Weights are constants: a bound kernel changes their layout once, not at every call.
    """
    element = _scalar_dtype(dtype)
    op = PlaceholderOp(_name(name), constant)
    return op.make_outputs(checked_shape(shape, name), (element,))[0]


def var(name: str = "n", dtype: DType | str = "int64") -> Var:
    """Return a symbolic size, or a float that is given at the call.

    Sizes are int64; the dtype `int32` is accepted and means int64.
    """
    kind = _scalar_dtype(dtype)
    if not kind.is_float and kind.name not in ("int64", "int32"):
        raise ExpressionError(
            f"expected the dtype int64 or a float for the scalar {name}, got {kind}",
            hint="give a value of another dtype as a placeholder of one element",
        )
    if not _name(name).isidentifier() or iskeyword(name):
        raise ExpressionError(
            f"expected a name for a size such as n, got {name!r}",
            hint="shapes are computed from it: use letters, digits and underscores",
        )
    return Var(name, kind if kind.is_float else INDEX)


def reduce_axis(dom: tuple[Operand, Operand], name: str = "rv") -> Axis:
    """Return an axis to reduce over, with the range [`dom[0]`, `dom[1]`).

    The range may depend on other axes of the compute and on data. Then the compute replaces
    the axis by one over the largest range (see `C.op.reduce_axis`), with a condition; its
    loops run over all of it. A range from data must end within the dimension that is read at
    the axis; a longer one is an index out of bounds.
    """
    start, stop = _range(dom, name)
    extent = subtract(stop, start)
    _check_extent(extent, f"the reduce axis {name}")
    return Axis(_name(name), INDEX, start, extent, AxisKind.REDUCE)


def thread_axis(dom: tuple[Operand, Operand] | str | None = None, tag: str = "") -> Axis:
    """Return an axis of threads, such as `thread_axis("threadIdx.x")`, to bind an axis to."""
    name = dom if isinstance(dom, str) else tag
    if not name:
        raise ExpressionError(
            "expected a tag for the thread axis, got none",
            hint='name the threads, as in te.thread_axis("threadIdx.x")',
        )
    start, stop = _range((0, 1) if dom is None or isinstance(dom, str) else dom, name)
    return Axis(name, INDEX, start, subtract(stop, start), AxisKind.THREAD)


def compute(
    shape: Shape,
    fcompute: Callable[..., Any],
    name: str = "compute",
    tag: str = "",
    attrs: dict[str, object] | None = None,
    varargs_names: Sequence[str] | None = None,
) -> Any:
    """Return the tensor whose element at `i, j, ...` is `fcompute(i, j, ...)`.

    The axes have the names of the function's arguments; those that `*args` takes are named by
    `varargs_names`, by default `args0`, `args1` and so on.

    If `fcompute` returns a tuple, the result is a list of tensors of this shape, one for each
    value. A reduction such as `te.sum(...)` must be the whole value. Raises ExpressionError if
    it cannot be computed, for example because of a read outside a tensor. Where only the first
    rows read outside, as with `A[t - 1]`, the tensor has no such rows: it may be read by a
    `scan`, and the error is raised where it is scheduled or evaluated.
    """
    extents = checked_shape(shape, name)
    names = _axis_names(fcompute, len(extents), name, varargs_names)
    axes = tuple(
        Axis(axis, INDEX, const(0), extent, AxisKind.DATA)
        for axis, extent in zip(names, extents, strict=True)
    )
    value = read_formula(fcompute, *axes)
    several = isinstance(value, (tuple, list))
    bodies = tuple(_body(item, name) for item in (value if several else (value,)))
    check_bodies(name, axes, bodies)
    bodies = boxed(name, axes, bodies)
    try:
        check_reads(name, bodies)
    except ExpressionError:
        later = inside_later(axes, bodies)
        if later is None:
            raise
        axes, bodies = later
        check_reads(name, bodies)
    reduced = [axis for body in bodies if type(body) is Reduce for axis in body.axes]
    bodies = narrow_comparisons(bodies, (*axes, *reduced))
    op = ComputeOp(_name(name), axes, bodies, tag, dict(attrs or {}))
    tensors = op.make_outputs(extents, (body.dtype for body in bodies))
    return list(tensors) if several and len(tensors) > 1 else tensors[0]


def _body(value: Any, name: str) -> Expr:
    if isinstance(value, (tuple, list)) or value is None:
        raise ExpressionError(
            f"expected an expression as the value of {name}, got {value!r}",
            hint="return one expression, or a flat tuple of them for several outputs",
        )
    return as_expr(value)


def _axis_names(
    fcompute: Callable[..., Any], rank: int, name: str, varargs_names: Sequence[str] | None
) -> list[str]:
    if not callable(fcompute):
        raise ExpressionError(f"expected a function of the axes of {name}, got {fcompute!r}")
    named, required, rest = [], 0, None
    for parameter in inspect.signature(fcompute).parameters.values():
        if parameter.kind is inspect.Parameter.VAR_POSITIONAL:
            rest = parameter.name
        elif parameter.kind in (
            inspect.Parameter.POSITIONAL_ONLY,
            inspect.Parameter.POSITIONAL_OR_KEYWORD,
        ):
            named.append(parameter.name)
            required += parameter.default is inspect.Parameter.empty
    if required > rank or (rest is None and len(named) < rank):
        raise ExpressionError(
            f"expected a function of {rank} axes for {name}, got one of {len(named)}",
            hint="one argument for each extent of the shape, or *axes for any number",
        )
    if varargs_names is None:
        return named[:rank] + [f"{rest}{index}" for index in range(rank - len(named))]
    if len(varargs_names) != max(0, rank - len(named)):
        raise ExpressionError(
            f"expected {max(0, rank - len(named))} names in varargs_names of {name}, "
            f"got {list(varargs_names)}"
        )
    return named[:rank] + [_name(axis) for axis in varargs_names]


def checked_shape(shape: Shape, name: str) -> tuple[Expr, ...]:
    """Return the extents of a shape. Raises ExpressionError if it is none."""
    if isinstance(shape, (Expr, int)):
        shape = (shape,)
    try:
        given = tuple(shape)
    except TypeError:
        raise ExpressionError(f"expected a shape for {name}, got {shape!r}") from None
    extents = tuple(_index(extent, f"the shape of {name}") for extent in given)
    for position, extent in enumerate(extents):
        _check_extent(extent, f"dimension {position} of {name}")
    return extents


def _range(dom: tuple[Operand, Operand], name: str) -> tuple[Expr, Expr]:
    if not isinstance(dom, (tuple, list)) or len(dom) != 2:
        raise ExpressionError(
            f"expected a range (start, stop) for the axis {name}, got {dom!r}",
            hint="for example te.reduce_axis((0, 512), name='k')",
        )
    return _index(dom[0], f"the axis {name}"), _index(dom[1], f"the axis {name}")


def _index(value: Operand, place: str) -> Expr:
    is_whole = isinstance(value, float) and value.is_integer()
    expr = as_expr(int(value) if is_whole else value)
    if not expr.dtype.is_integer:
        raise ExpressionError(f"expected an integer in {place}, got {expr} of dtype {expr.dtype}")
    return cast(expr, INDEX)


def _check_extent(extent: Expr, place: str) -> None:
    if type(extent) is Const and not 1 <= extent.value <= INDEX.max_value:
        bounds = "at least 1" if extent.value < 1 else "less than 2**63"
        raise ExpressionError(f"expected an extent of {bounds} in {place}, got {extent.value}")


def _scalar_dtype(dtype: DType | str) -> DType:
    element = as_dtype(dtype)
    if element.lanes != 1:
        raise ExpressionError(
            f"expected a scalar dtype, got {element}",
            hint="vectorize an axis in the schedule instead",
        )
    return element


def _name(name: str) -> str:
    if not isinstance(name, str) or not name:
        raise ExpressionError(f"expected a name, got {name!r}")
    return name
