"""Translates integer expressions to unbounded integers, and finds the ranges of tensors.

A value from memory becomes a variable with the range of the values there, and so does arithmetic
that may wrap at its width. Equal reads become the same variable, so that a condition on one is a
fact about the other. This holds for tensor expressions, but not once statements write to memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from autosched.analysis.affine import node_atom
from autosched.analysis.bounds import Bounds, Span
from autosched.analysis.simplify import linear
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import INDEX, DType
from autosched.ir.expr import Expr, Var
from autosched.ir.rewrite import rebuild
from autosched.ir.traverse import children, free_vars, postorder
from autosched.te.axis import Axis
from autosched.te.bounds import Inside
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor, TensorRead

_ARITHMETIC = frozenset((e.Add, e.Sub, e.Mul, e.FloorDiv, e.FloorMod, e.Min, e.Max, e.Select))
_COMPARISONS = frozenset((e.Eq, e.Ne, e.Lt, e.Le))


class Exact:
    """Translates expressions over `axes`.

    `spans` are the ranges of the values of tensors, and of variables that are no axes.
    """

    def __init__(self, axes: Iterable[Axis], spans: Mapping[Any, Span]):
        self.spans = spans
        self.bounds = Bounds()
        self._unknown: dict[Expr, Var] = {}
        for axis in axes:
            self.bounds.add_loop(axis, axis.start, self.size(axis.extent, self.bounds))

    def translated(self, root: Expr, bounds: Bounds | None = None) -> Expr:
        """Return an integer as an index expression, a bool as a condition on index expressions.

        Facts about new variables are added to `bounds`.
        """
        bounds = self.bounds if bounds is None else bounds
        done: dict[Expr, Expr] = {}
        for node in postorder((root,)):
            done[node] = self._node(node, [done[c] for c in children(node)], bounds)
        return done[root]

    def span(self, root: Expr, bounds: Bounds | None = None) -> Span:
        """Return a range that contains every value of an integer expression."""
        bounds = self.bounds if bounds is None else bounds
        return bounds.span(linear(self.translated(root, bounds), bounds))

    def _node(self, node: Any, operands: list[Expr], bounds: Bounds) -> Expr:
        if node.dtype.is_bool:
            return _condition(node, operands)
        if not node.dtype.is_integer:
            return node
        value = self._integer(node, operands)
        if value is not None:
            low, high = bounds.span(linear(value, bounds))
            least, most = range_of(node.dtype)
            if least <= low and high <= most:
                return value
        return self._stand_in(node, bounds)

    def _integer(self, node: Any, operands: list[Expr]) -> Expr | None:
        """Return the value if nothing wraps; None if the node is no arithmetic."""
        kind = type(node)
        if kind is e.Const:
            return build.const(node.value)
        if isinstance(node, Var):
            return None if node in self.spans else node
        if kind is e.Cast and node.value.dtype.is_integer:
            return operands[0]
        return rebuild(node, tuple(operands)) if kind in _ARITHMETIC else None

    def _stand_in(self, node: Expr, bounds: Bounds) -> Expr:
        atom = node if isinstance(node, Var) else node_atom(node)
        var = self._unknown.get(atom)
        if var is None:
            var = self._unknown[atom] = Var("unknown", INDEX)
        low, high = self._known(node)
        bounds.add_range(var, int(low), int(high))
        if type(node) is Inside:
            bounds.add_range(var, 0, None)
            bounds.add_fact(build.lt(var, self.size(node.extent, bounds)))
        return var

    def size(self, extent: Expr, bounds: Bounds) -> Expr:
        """Return an extent of a tensor, and add to `bounds` that its sizes are at least 1."""
        for var in free_vars(extent):
            bounds.add_range(var, 1, None)
        return extent

    def _known(self, node: Any) -> Span:
        held = node.tensor if type(node) is TensorRead else node
        if held in self.spans:
            return self.spans[held]
        if type(node) is e.Cast and node.value.dtype.is_bool:
            return 0, 1
        if type(node) is e.BitAnd and type(node.b) is e.Const and node.b.value >= 0:
            return 0, node.b.value
        return range_of(node.dtype)


def range_of(dtype: DType) -> Span:
    """Return the least and the greatest value of an integer dtype."""
    return dtype.min_value, dtype.max_value


def _condition(node: Any, operands: list[Expr]) -> Expr:
    kind = type(node)
    if kind is e.Not:
        return _negated(operands[0])
    is_known = kind in (e.And, e.Or) or (kind in _COMPARISONS and node.a.dtype.is_integer)
    return rebuild(node, tuple(operands)) if is_known else node


def _negated(condition: Any) -> Expr:
    if type(condition) is e.Or:
        return build.and_(_negated(condition.a), _negated(condition.b))
    return build.not_(condition)


def value_spans(ops: Iterable[Operation]) -> dict[Tensor, Span]:
    """Return the range of every integer tensor of `ops`, in which producers come first."""
    spans: dict[Tensor, Span] = {}
    for op in ops:
        if not isinstance(op, ComputeOp) or not any(b.dtype.is_integer for b in op.bodies):
            continue
        exact = Exact((*op.axes, *op.reduce_axis), spans)
        for tensor, body in zip(op.outputs, op.bodies, strict=True):
            if body.dtype.is_integer:
                spans[tensor] = _reduced(body, exact) if type(body) is Reduce else exact.span(body)
    return spans


def _reduced(reduce: Reduce, exact: Exact) -> Span:
    """Return the range of a reduction: that of its sources if combining two values stays in it."""
    combiner, place = reduce.combiner, reduce.value_index
    starts = combiner.identities if reduce.initial is None else reduce.initial
    parts: list[Expr] = [reduce.sources[place], combiner.identities[place], starts[place]]
    spans = [exact.span(part) for part in parts]
    within = min(low for low, _ in spans), max(high for _, high in spans)
    operands = {
        var: within if number == place else range_of(var.dtype)
        for side in (combiner.left, combiner.right)
        for number, var in enumerate(side)
        if var.dtype.is_integer
    }
    low, high = Exact((), operands).span(combiner.results[place])
    return within if within[0] <= low and high <= within[1] else range_of(reduce.dtype)
