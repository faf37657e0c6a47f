"""Finds the operator with which a reduction combines its values.

A sum is recognized by its combining expression, so `te.comm_reducer(lambda x, y: y + x, …)` is a
sum like `te.sum`.
"""

from __future__ import annotations

from autosched.analysis.inequalities import is_true
from autosched.ir import expr as e
from autosched.ir.build import select
from autosched.ir.update import NEUTRAL, is_neutral
from autosched.te.tensor import Combiner, ComputeOp, Operation, Reduce


def in_order(result: e.Expr, left: e.Var, right: e.Var) -> e.Expr:
    """Return `result` with its operands in order, if it is a commutative operator of both."""
    if type(result) in NEUTRAL and isinstance(result, e.Binary):
        is_swapped = result.a is right and result.b is left
        return type(result)(left, right, result.dtype) if is_swapped else result
    return result


def operator_of(combiner: Combiner) -> type[e.Binary] | None:
    """Return Add, Mul, Min or Max if `combiner` combines two numbers by it, otherwise None.

    A sum must start at 0 and a product at 1. Tuples and bools have no operator.
    """
    result, kind = combiner.results[0], type(combiner.results[0])
    if len(combiner.results) > 1 or kind not in NEUTRAL or not isinstance(result, e.Binary):
        return None
    if {result.a, result.b} != {combiner.left[0], combiner.right[0]} or result.dtype.is_bool:
        return None
    is_plain = kind in (e.Min, e.Max) or is_neutral(kind, combiner.identities[0])
    return type(result) if is_plain else None


def combining_operator(op: Operation) -> type[e.Binary] | None:
    """Return the operator by which `op` reduces one number, or None for other operations."""
    body = op.bodies[0] if isinstance(op, ComputeOp) else None
    return operator_of(body.combiner) if type(body) is Reduce else None


def term_of(body: Reduce) -> e.Expr:
    """Return what a reduction of one number combines: the identity where its condition fails."""
    (value,), (identity,) = body.sources, body.combiner.identities
    return value if is_true(body.condition) else select(body.condition, value, identity)


def summed(op: Operation) -> e.Expr | None:
    """Return the expression that `op` sums over its reduce axes, or None for other operations."""
    if not isinstance(op, ComputeOp) or combining_operator(op) is not e.Add:
        return None
    body = op.bodies[0]
    assert isinstance(body, Reduce), "only a reduction combines"
    return body.sources[0]
