"""Simplifies the indices and conditions inside values, each node once and at any depth.

A value is an expression that is no index and no condition; its operations never change. An index
in a branch of a Select is simplified under the Select's condition; a value that several branches
share is simplified under the facts that hold in all of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

from autosched.analysis import simplify as simplifier
from autosched.analysis.bounds import Bounds
from autosched.ir import build
from autosched.ir.dtype import BOOL, INDEX
from autosched.ir.expr import Const, Expr, Select
from autosched.ir.node_types import NODE_TYPES
from autosched.ir.sharing import Scope, Sharing
from autosched.ir.traverse import Contains, Steps, children, is_small, postorder, recurse

WITHIN_SMALL: dict[Expr, Expr] = {}
"""A marker in `Bounds.values`: the expression is too small to remember its values."""


def is_value(expr: Expr) -> bool:
    """Tell whether `expr` is neither an index nor a condition."""
    return expr.dtype.scalar is not INDEX and not expr.dtype.is_bool


def simplify_value(root: Expr, bounds: Bounds) -> Expr:
    """Simplify the indices and conditions in `root`; return it if nothing changed."""
    outer = bounds.values
    if outer is WITHIN_SMALL:
        return simplifier.simplify_operands(root, bounds)
    if outer is not None and root in outer:
        return outer[root]
    small = is_small((root,))
    bounds.values = WITHIN_SMALL if small else dict(outer or {})
    try:
        if small:
            return simplifier.simplify_operands(root, bounds)
        result: Expr = recurse(_Values(root).steps, root, bounds, None)
    finally:
        bounds.values = outer
    return result


class _Values:
    """Simplifies each node of a value once, in the scope that computes it."""

    def __init__(self, root: Expr):
        self._root = root
        self._has_values = Contains(is_value)

    @cached_property
    def _whole(self) -> Scope:
        return Sharing((self._root,), _is_guard, lambda expr: True).scope

    def steps(self, expr: Expr, bounds: Bounds, scope: Scope | None) -> Steps:
        """Simplify `expr` in `scope`, the whole expression if None, under `bounds`."""
        if not is_value(expr):
            if self._has_values(expr):
                for value in _values_in(expr):
                    yield value, bounds, scope
            return simplifier.simplify(expr, bounds)
        done = bounds.values
        assert done is not None
        if expr not in done:
            simplified = self._choice if _is_guard(expr) else self._operation
            done[expr] = yield from simplified(expr, bounds, scope)
        return done[expr]

    def _operation(self, expr: Expr, bounds: Bounds, scope: Scope | None) -> Steps:
        kind = NODE_TYPES[type(expr)]
        values, results = bounds.values, bounds.results
        assert values is not None
        changed, new = False, list[Any]()
        for operand in kind.children(expr):
            known: Expr | None = operand
            if type(operand) is not Const:
                known = (values if is_value(operand) else results).get(operand)
                if known is None:
                    known = yield operand, bounds, scope
            changed = changed or known is not operand
            new.append(known)
        return kind.rebuild(expr, tuple(new)) if changed else expr

    def _choice(self, expr: Any, bounds: Bounds, scope: Scope | None) -> Steps:
        condition = yield expr.condition, bounds, scope
        scope = self._whole if scope is None else scope
        for shared in scope.before(expr):
            yield shared, bounds, scope
        if type(condition) is Const:
            taken = expr.then if condition.value else expr.otherwise
            return (yield taken, bounds, scope.branch(expr, bool(condition.value)))
        outside = bounds.where(build.not_(condition))
        then = yield expr.then, bounds.where(condition), scope.branch(expr, True)
        otherwise = yield expr.otherwise, outside, scope.branch(expr, False)
        return simplifier.with_branches(expr, condition, then, otherwise)


def _is_guard(expr: Expr) -> bool:
    return type(expr) is Select and expr.condition.dtype is BOOL


def _values_in(expr: Expr) -> list[Expr]:
    """Return the outermost values in an index or a condition."""
    below = postorder((expr,), lambda node: () if is_value(node) else children(node))
    return [node for node in below if is_value(node)]
