"""Makes the vector for several iterations of a loop from the expression of one iteration."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.expr import Buffer, Expr, Var
from autosched.ir.rewrite import Memo, rebuild
from autosched.ir.traverse import children, postorder

OnRamps = Callable[[Expr, Expr], Expr | None]
"""Computes an operation on the bases of ramps; returns None for other operands."""


class NoVectorForm(Exception):
    """Raised if an expression cannot be computed lane by lane, so that its loop runs unrolled."""


class Widener:
    """Replaces each of `ramps`' variables by its vector of `lanes` values.

    `expanded` maps buffers to copies with a dimension of lanes.
    """

    def __init__(self, ramps: dict[Var, Expr], lanes: int):
        self.ramps = ramps
        self.lanes = lanes
        self.expanded: dict[Buffer, Buffer] = {}
        self._mask: Expr | None = None
        self._certain: Memo = {}
        self._lazy: Memo = {}
        """The vectors of nodes that all lanes evaluate, and of nodes that some lanes may skip."""

    def __call__(self, node: Expr, mask: Expr | None = None) -> Expr:
        """Return `node` for all lanes, a scalar if all are equal; loads read lanes of `mask`."""
        if mask is not self._mask:
            self._mask, self._certain, self._lazy = mask, {}, {}
        return self._widened(node, self._certain)

    def place(
        self, buffer: Buffer, indices: tuple[Expr, ...], mask: Expr | None = None
    ) -> tuple[Buffer, tuple[Expr, ...]]:
        """Return the buffer and the indices of an access of all lanes."""
        return self._place(buffer, tuple(self(index, mask) for index in indices))

    def _place(self, buffer: Buffer, widened: tuple[Expr, ...]) -> tuple[Buffer, tuple[Expr, ...]]:
        if buffer in self.expanded:
            widened = (*widened, build.ramp(build.const(0), 1, self.lanes))
            buffer = self.expanded[buffer]
        if sum(index.dtype.lanes > 1 for index in widened) > 1:
            raise NoVectorForm
        return buffer, widened

    def _widened(self, root: Expr, done: Memo, depth: int = 50) -> Expr:
        """Widen `root`; recursion up to `depth` is faster than a stack."""
        known = done.get(root)
        if known is not None:
            return known
        for operand in children(root) if depth else postorder((root,), done=done)[:-1]:
            if operand not in done:
                self._widened(operand, done, max(0, depth - 1))
        rule = _RULES.get(type(root), Widener._operation)
        known = done[root] = rule(self, root, done)
        return known

    def _var(self, node: Var, done: Memo) -> Expr:
        return self.ramps.get(node, node)

    def _operation(self, node: Expr, done: Memo) -> Expr:
        operands = tuple([done[operand] for operand in children(node)])
        on_ramps = _ON_RAMPS.get(type(node))
        moved = None if on_ramps is None else on_ramps(*operands)
        return rebuild(node, operands) if moved is None else moved

    def _select(self, node: e.Select, done: Memo) -> Expr:
        condition = done[node.condition]
        if condition.dtype.lanes > 1:
            done = self._lazy
        then, otherwise = self._widened(node.then, done), self._widened(node.otherwise, done)
        return build.select(condition, then, otherwise)

    def _load(self, node: e.Load, done: Memo) -> Expr:
        indices = tuple(done[index] for index in node.indices)
        buffer, indices = self._place(node.buffer, indices)
        if node.mask is not None:
            raise NoVectorForm
        if not any(index.dtype.lanes > 1 for index in indices):
            if done is not self._lazy or not indices:  # an element that is always there
                return e.Load(buffer, indices, node.dtype)
            indices = (*indices[:-1], build.broadcast(indices[-1], self.lanes))
        return e.Load(buffer, indices, node.dtype.with_lanes(self.lanes), self._mask)

    def _vector(self, node: Expr, done: Memo) -> Expr:
        raise NoVectorForm


def _on_ramp(operation: Callable[[Expr, Expr], Expr], sign: int) -> OnRamps:
    """Make the rule of a sum or difference of a ramp and a scalar."""

    def moved(a: Expr, b: Expr) -> Expr | None:
        if type(a) is e.Ramp and b.dtype.lanes == 1:
            return e.Ramp(operation(a.base, b), a.stride, a.dtype)
        if type(b) is e.Ramp and a.dtype.lanes == 1:
            return e.Ramp(operation(a, b.base), sign * b.stride, b.dtype)
        return None

    return moved


def _mul_ramp(a: Expr, b: Expr) -> Expr | None:
    if type(b) is e.Ramp:
        a, b = b, a
    if type(a) is e.Ramp and type(b) is e.Const and b.value:
        return e.Ramp(build.mul(a.base, b), a.stride * int(b.value), a.dtype)
    return None


_ON_RAMPS: dict[type, OnRamps] = {
    e.Add: _on_ramp(build.add, 1), e.Sub: _on_ramp(build.sub, -1), e.Mul: _mul_ramp,
}  # fmt: skip

_RULES: dict[type, Callable[[Widener, Any, Memo], Expr]] = {
    e.Var: Widener._var, e.Const: lambda _, node, done: node, e.Select: Widener._select,
    e.Load: Widener._load, e.Ramp: Widener._vector, e.Broadcast: Widener._vector,
    e.OutsideCall: Widener._vector, e.Reinterpret: Widener._vector,
}  # fmt: skip
