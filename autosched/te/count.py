"""Counts the arithmetic operations and bytes of a computation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from autosched.ir import expr as e
from autosched.ir.build import as_expr, const
from autosched.ir.rewrite import substitute
from autosched.ir.structure import ExprKeys
from autosched.ir.traverse import children, postorder
from autosched.te.dag import topological_order
from autosched.te.tensor import ComputeOp, Reduce, Tensor, TensorRead

Sizes = Mapping[e.Var, int]

_ARITHMETIC = (
    e.Add, e.Sub, e.Mul, e.Div, e.FloorDiv, e.FloorMod, e.Min, e.Max,
    e.BitAnd, e.BitOr, e.BitXor, e.ShiftLeft, e.ShiftRight, e.Call,
)  # fmt: skip


def flop_count(tensors: Iterable[Tensor], sizes: Sizes | None = None) -> int | e.Expr:
    """Return the arithmetic operations to compute the tensors, each stage once at each point.

    A binary operation or an intrinsic counts 1, so a multiply-add counts 2. An expression that
    occurs twice at a point counts once. Casts, comparisons, selects and the arithmetic of
    indices and conditions do not count. The result is an expression if it depends on symbolic
    sizes that are not in `sizes`.
    """
    total: e.Expr = const(0)
    for op in topological_order(tensors):
        if isinstance(op, ComputeOp):
            total = total + points(op) * const(_cost_of_point(op))
    return _value(total, sizes)


def bytes_touched(tensors: Iterable[Tensor], sizes: Sizes | None = None) -> int | e.Expr:
    """Return the bytes of the placeholders and of the given tensors, each counted once."""
    tensors = list(tensors)
    given = dict.fromkeys(tensors)
    for op in topological_order(tensors):
        if not isinstance(op, ComputeOp):
            given.update(dict.fromkeys(op.outputs))
    total: e.Expr = const(0)
    for tensor in given:
        size: e.Expr = const(tensor.dtype.bytes)
        for extent in tensor.shape:
            size = size * extent
        total = total + size
    return _value(total, sizes)


def points(op: ComputeOp) -> e.Expr:
    """Return the points of a stage: of a reduction, those that it combines."""
    total: e.Expr = const(1)
    for axis in (*op.axis, *op.reduce_axis):
        total = total * axis.extent
    return total


def values_of_point(op: ComputeOp) -> list[e.Expr]:
    """Return the nodes of the values of a point, without indices and conditions, each once."""
    body = op.bodies[0]
    if not isinstance(body, Reduce):
        return _distinct(op.bodies)
    return [*_distinct(body.sources), *_distinct(body.combiner.results)]


def _cost_of_point(op: ComputeOp) -> int:
    return sum(isinstance(node, _ARITHMETIC) for node in values_of_point(op))


def _distinct(roots: tuple[e.Expr, ...]) -> list[e.Expr]:
    keys = ExprKeys()
    return list({keys.of(node): node for node in postorder(roots, _value_operands)}.values())


def _value_operands(node: e.Expr) -> tuple[e.Expr, ...]:
    if isinstance(node, TensorRead):
        return ()
    return (node.then, node.otherwise) if isinstance(node, e.Select) else children(node)


def _value(total: e.Expr, sizes: Sizes | None) -> int | e.Expr:
    if sizes:
        total = substitute(total, {var: as_expr(value) for var, value in sizes.items()})
    return int(total.value) if isinstance(total, e.Const) else total
