"""Derivatives of tensors by other tensors, as tensor expressions.

The adjoint of a tensor is the derivative of the output by it. Adjoints are found from the output
backwards: each operation adds to those of the tensors that it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from autosched.errors import ExpressionError, not_offered
from autosched.ir import expr as e
from autosched.ir.build import add, and_, const, div, eq, maximum, mul, select, sub
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, Var
from autosched.ir.rewrite import substitute
from autosched.te.axis import Axis, AxisKind
from autosched.te.combining import operator_of
from autosched.te.construct import compute
from autosched.te.dag import topological_order
from autosched.te.derivative import derivatives
from autosched.te.inversion import invert
from autosched.te.reduction import max as max_over
from autosched.te.reduction import min as min_over
from autosched.te.reduction import prod, sum
from autosched.te.tensor import ComputeOp, Reduce, Tensor, TensorRead

Values = Mapping[Axis, Expr]
"""A point: the value of each axis."""

Reducer = Callable[..., Any]


def gradient(output: Tensor, inputs: Sequence[Tensor], head: Tensor | None = None) -> list[Tensor]:
    """Return the derivatives of `output` by each of `inputs`, in their order.

    `head` has the shape `(*p, *output.shape)`, and each result the shape `(*p, *input.shape)`:
    the sum over the elements of `output` of `head` times the derivative. Without `head` the
    results are the Jacobians, of shape `(*output.shape, *input.shape)`. Where a maximum or a
    minimum over an axis has several equal values, each has the same share. Raises
    ExpressionError for other dtypes than floats and a head of another shape, and NotOfferedError
    for operations, such as scans and reductions other than sum, prod, max and min, that have no
    derivative here.
    """
    for tensor in (output, *inputs):
        if not tensor.dtype.is_float:
            raise ExpressionError(
                f"expected floats to derive, got {tensor.name} of dtype {tensor.dtype}"
            )
    if head is None:
        head = _identity(output)
    count = head.ndim - output.ndim
    if count < 0:
        raise ExpressionError(
            f"expected at least {output.ndim} dimensions of the head, got {head.ndim}"
        )
    if not head.dtype.is_float or any(map(_differ, head.shape[count:], output.shape)):
        raise ExpressionError(
            f"expected floats of the shape {output.shape} for the head, or with dimensions before "
            f"these, got {head.dtype}{list(head.shape)}"
        )
    order = topological_order([output])
    depends = set(inputs)
    for op in order:
        if not depends.isdisjoint(op.input_tensors):
            depends.update(op.outputs)
    parts: dict[Tensor, list[Tensor]] = {output: [head]}
    for op in reversed(order):
        adjoints = [parts[tensor] for tensor in op.outputs if tensor in parts]
        reads = depends.intersection(op.input_tensors)
        if adjoints and reads:
            if not isinstance(op, ComputeOp) or len(op.outputs) > 1:
                raise not_offered(f"the gradient of {op.name}, which is not one formula")
            whole = _total(adjoints[0], f"{op.name}.grad")
            parts[op.outputs[0]] = [whole]
            for tensor, part in _contributions(op, whole, reads, count):
                parts.setdefault(tensor, []).append(part)
    prefix = head.shape[:count]
    return [
        _total(parts.get(tensor) or [_zeros((*prefix, *tensor.shape), tensor)],
               f"{tensor.op.name}.grad")
        for tensor in inputs
    ]  # fmt: skip


def _differ(a: Expr, b: Expr) -> bool:
    """Whether two extents are known, and not the same."""
    return isinstance(a, Const) and isinstance(b, Const) and a.value != b.value


def _identity(output: Tensor) -> Tensor:
    def element(*axes: Axis) -> Expr:
        left, right = axes[: output.ndim], axes[output.ndim :]
        same = and_(const(True), *map(eq, left, right))
        return select(same, const(1.0, output.dtype), const(0.0, output.dtype))

    return compute((*output.shape, *output.shape), element, f"{output.op.name}.identity")


def _zeros(shape: Sequence[Expr], tensor: Tensor) -> Tensor:
    zero = const(0.0, tensor.dtype)
    return compute(shape, lambda *axes: zero, f"{tensor.op.name}.zeros")


def _total(parts: Sequence[Tensor], name: str) -> Tensor:
    if len(parts) == 1:
        return parts[0]

    def element(*axes: Axis) -> Expr:
        whole = parts[0].read(axes)
        for part in parts[1:]:
            whole = whole + part.read(axes)
        return whole

    return compute(parts[0].shape, element, name)


def _contributions(
    op: ComputeOp, head: Tensor, tensors: set[Tensor], count: int
) -> list[tuple[Tensor, Tensor]]:
    """Return what each read of `tensors` in `op` adds to the adjoint of the tensor."""
    body = op.bodies[0]
    above = Var("head", body.dtype)
    condition: Expr = const(True)
    seed: Expr = above
    if isinstance(body, Reduce):
        if body.initial is not None:
            raise not_offered(f"the gradient of {op.name}, a reduction with init")
        condition, seed = body.condition, mul(above, _share(op, body))
        body = body.sources[0]

    def contribution(read: TensorRead, value: Expr) -> Tensor:
        def element(*axes: Axis) -> Expr:
            before, elements = axes[:count], axes[count:]
            points = invert(read.indices, op.loops, elements, read.tensor.shape)
            place = (*before, *(points.values[axis] for axis in op.axes))
            moved: dict[Var, Expr] = {**points.values, above: head.read(place)}
            inside = and_(points.condition, substitute(condition, moved))
            part = select(inside, substitute(value, moved), const(0.0, value.dtype))
            return sum(part, axis=points.free) if points.free else part

        shape = (*head.shape[:count], *read.tensor.shape)
        return compute(shape, element, f"{read.tensor.op.name}.{op.name}.grad")

    return [(read.tensor, contribution(read, v)) for read, v in derivatives(body, tensors, seed)]


def _share(op: ComputeOp, body: Reduce) -> Expr:
    """Return the derivative of a reduction by the value at a point, over the loops of `op`."""
    kind = operator_of(body.combiner)
    if kind is e.Add:
        return const(1.0, body.dtype)
    if kind is e.Mul:
        return _product_of_others(op, body)
    if kind is e.Max:
        return _share_of_best(op, body, max_over)
    if kind is e.Min:
        return _share_of_best(op, body, min_over)
    raise not_offered(f"the gradient of {op.name}, a reduction other than sum, prod, max and min")


def _share_of_best(op: ComputeOp, body: Reduce, over: Reducer) -> Expr:
    """Return 1 over the number of the best values at the best ones, and 0 at others."""
    one, zero = const(1.0, body.dtype), const(0.0, body.dtype)
    value = _stored(op, body)

    def reduced(reducer: Reducer, name: str, point: Callable[[Values], Expr]) -> Tensor:
        def element(*axes: Axis) -> Expr:
            free = _renewed(body.axes)
            values = {**dict(zip(op.axes, axes, strict=True)), **free}
            where = substitute(body.condition, values)
            return reducer(point(values), axis=list(free.values()), where=where)

        return compute(op.outputs[0].shape, element, f"{op.name}.{name}")

    best = reduced(over, "best", value)

    def is_best(values: Values) -> Expr:
        return eq(value(values), best.read(tuple(values[axis] for axis in op.axes)))

    ties = reduced(sum, "ties", lambda values: select(is_best(values), one, zero))
    here = {axis: axis for axis in op.loops}
    return select(is_best(here), div(one, maximum(ties.read(op.axes), one)), zero)


def _stored(op: ComputeOp, body: Reduce) -> Callable[[Values], Expr]:
    """Return the value that is reduced at a point, rounded to its dtype so that it compares."""
    source = body.sources[0]
    if isinstance(source, TensorRead):
        return lambda values: substitute(source, values)
    every = compute(
        [axis.extent for axis in op.loops],
        lambda *axes: _guarded(op, body, axes),
        f"{op.name}.values",
    )
    return lambda values: every.read(tuple(sub(values[axis], axis.start) for axis in op.loops))


def _product_of_others(op: ComputeOp, body: Reduce) -> Expr:
    """Return the product of the values at the other points, which takes the square of them."""

    def element(*axes: Axis) -> Expr:
        fixed = _point(op, axes)
        free = _renewed(body.axes)
        values = {**fixed, **free}
        same = and_(*(eq(new, fixed[axis]) for axis, new in free.items()))
        value = select(same, const(1.0, body.dtype), substitute(body.sources[0], values))
        where = substitute(body.condition, values)
        return prod(value, axis=list(free.values()), where=where)

    others = compute([axis.extent for axis in op.loops], element, f"{op.name}.others")
    return others.read(tuple(sub(axis, axis.start) for axis in op.loops))


def _guarded(op: ComputeOp, body: Reduce, axes: Sequence[Axis]) -> Expr:
    values = _point(op, axes)
    source = substitute(body.sources[0], values)
    return select(substitute(body.condition, values), source, const(0.0, body.dtype))


def _point(op: ComputeOp, axes: Sequence[Axis]) -> dict[Axis, Expr]:
    """Return the values of the loops of `op`, from positions that begin at 0."""
    return {loop: add(axis, loop.start) for loop, axis in zip(op.loops, axes, strict=True)}


def _renewed(axes: Sequence[Axis]) -> dict[Axis, Axis]:
    """Return new reduce axes with the ranges of others."""
    return {a: Axis(a.name, INDEX, a.start, a.extent, AxisKind.REDUCE) for a in axes}
