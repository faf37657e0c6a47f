"""Derivatives of an expression by the elements that it reads, from its value backwards."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection

from autosched.errors import ExpressionError
from autosched.ir import expr as e
from autosched.ir.build import add, call, cast, const, div, floordiv, le, lt, mul, neg, select, sub
from autosched.ir.expr import Expr
from autosched.ir.traverse import children, postorder
from autosched.te.tensor import Tensor, TensorRead

Share = tuple[Expr, Expr]
"""An operand, and the derivative of the whole by it."""


def derivatives(
    expr: Expr, tensors: Collection[Tensor], seed: Expr
) -> list[tuple[TensorRead, Expr]]:
    """Return the reads of `tensors` in `expr`, each with `seed` times the derivative by it.

    Of two equal operands of min or max the first one counts. Rounding has the derivative 0.
    Raises ExpressionError for an operation that has none here.
    """
    order = list(postorder((expr,)))
    depends: set[Expr] = set()
    for node in order:
        if node.tensor in tensors if isinstance(node, TensorRead) else _any(node, depends):
            depends.add(node)
    by: dict[Expr, Expr] = {expr: seed}
    found = []
    for node in reversed(order):
        if node not in depends or node not in by:
            continue
        if isinstance(node, TensorRead):
            found.append((node, by[node]))
            continue
        for operand, share in _shares(node, by[node]):
            if operand in depends:
                known = by.get(operand)
                by[operand] = share if known is None else add(known, share)
    return found[::-1]


def _any(node: Expr, depends: set[Expr]) -> bool:
    return any(operand in depends for operand in children(node))


def _shares(node: Expr, by: Expr) -> list[Share]:
    """Return the operands of a node, each with the derivative by it, given that by the node."""
    rule = _RULES.get(type(node))
    if rule is not None:
        return rule(node, by)
    if isinstance(node, e.Call) and node.name in _OF_ONE:
        (x,) = node.args
        return [(x, mul(by, _OF_ONE[node.name](x, node)))]
    if isinstance(node, e.Call) and node.name in _OF_TWO:
        x, y = node.args
        return [(x, mul(by, _OF_TWO[node.name][0](x, y, node))),
                (y, mul(by, _OF_TWO[node.name][1](x, y, node)))]  # fmt: skip
    if not node.dtype.is_float or (isinstance(node, e.Call) and node.name in _ROUNDING):
        return []
    what = node.name if isinstance(node, e.Call) else type(node).__name__
    raise ExpressionError(f"expected an operation with a derivative, got {what} in {node}")


def _chosen(condition: Expr, then: Expr, otherwise: Expr, by: Expr) -> list[Share]:
    zero = const(0.0, by.dtype)
    return [(then, select(condition, by, zero)), (otherwise, select(condition, zero, by))]


def _of_cast(node: e.Cast, by: Expr) -> list[Share]:
    return [(node.value, cast(by, node.value.dtype))] if node.value.dtype.is_float else []


_RULES: dict[type[Expr], Callable[..., list[Share]]] = {
    e.Add: lambda n, by: [(n.a, by), (n.b, by)],
    e.Sub: lambda n, by: [(n.a, by), (n.b, neg(by))],
    e.Mul: lambda n, by: [(n.a, mul(by, n.b)), (n.b, mul(by, n.a))],
    e.Div: lambda n, by: [(n.a, div(by, n.b)), (n.b, neg(div(mul(by, n), n.b)))],
    e.Max: lambda n, by: _chosen(le(n.b, n.a), n.a, n.b, by),
    e.Min: lambda n, by: _chosen(le(n.a, n.b), n.a, n.b, by),
    e.Select: lambda n, by: _chosen(n.condition, n.then, n.otherwise, by),
    e.FloorMod: lambda n, by: [(n.a, by), (n.b, neg(mul(by, floordiv(n.a, n.b))))],
    e.FloorDiv: lambda n, by: [],
    e.Cast: _of_cast,
}

_ROUNDING = ("floor", "ceil", "round", "trunc")

_OF_ONE: dict[str, Callable[[Expr, Expr], Expr]] = {
    "exp": lambda x, y: y,
    "exp2": lambda x, y: mul(y, math.log(2)),
    "log": lambda x, y: div(1.0, x),
    "log2": lambda x, y: div(1 / math.log(2), x),
    "log10": lambda x, y: div(1 / math.log(10), x),
    "log1p": lambda x, y: div(1.0, add(x, 1.0)),
    "sin": lambda x, y: call("cos", x),
    "cos": lambda x, y: neg(call("sin", x)),
    "tan": lambda x, y: add(mul(y, y), 1.0),
    "asin": lambda x, y: call("rsqrt", sub(1.0, mul(x, x))),
    "acos": lambda x, y: neg(call("rsqrt", sub(1.0, mul(x, x)))),
    "atan": lambda x, y: div(1.0, add(mul(x, x), 1.0)),
    "sinh": lambda x, y: call("cosh", x),
    "cosh": lambda x, y: call("sinh", x),
    "tanh": lambda x, y: sub(1.0, mul(y, y)),
    "asinh": lambda x, y: call("rsqrt", add(mul(x, x), 1.0)),
    "acosh": lambda x, y: call("rsqrt", sub(mul(x, x), 1.0)),
    "atanh": lambda x, y: div(1.0, sub(1.0, mul(x, x))),
    "erf": lambda x, y: mul(call("exp", neg(mul(x, x))), 2 / math.sqrt(math.pi)),
    "sigmoid": lambda x, y: mul(y, sub(1.0, y)),
    "sqrt": lambda x, y: div(0.5, y),
    "rsqrt": lambda x, y: div(mul(y, -0.5), x),
    "abs": lambda x, y: select(
        lt(x, const(0.0, x.dtype)), const(-1.0, x.dtype), const(1.0, x.dtype)
    ),
}
"""The derivative of `y = f(x)`, from `x` and `y`."""

_Partial = Callable[[Expr, Expr, Expr], Expr]

_OF_TWO: dict[str, tuple[_Partial, _Partial]] = {
    "pow": (
        lambda x, y, z: mul(y, call("pow", x, sub(y, 1.0))),
        lambda x, y, z: mul(z, call("log", x)),
    ),
    "atan2": (
        lambda x, y, z: div(y, add(mul(x, x), mul(y, y))),
        lambda x, y, z: neg(div(x, add(mul(x, x), mul(y, y)))),
    ),
    "hypot": (lambda x, y, z: div(x, z), lambda x, y, z: div(y, z)),
    "fmod": (lambda x, y, z: const(1.0, x.dtype), lambda x, y, z: neg(call("trunc", div(x, y)))),
}
"""The derivatives of `z = f(x, y)` by `x` and by `y`."""
