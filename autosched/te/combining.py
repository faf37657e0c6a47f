"""Which operator a reduction combines its values by, whatever its name: one place to ask.

A sum is known by its combining expression, so that `te.comm_reducer(lambda x, y: y + x, …)`
is one as well as `te.sum`.
"""

from __future__ import annotations

from autosched.ir import expr as e
from autosched.ir.update import NEUTRAL, is_neutral
from autosched.te.operation import Combiner, ComputeOp, Operation, Reduce


def in_order(result: e.Expr, left: e.Var, right: e.Var) -> e.Expr:
    """`result` with `left` first where it is one operator, free in order, on both operands."""
    if type(result) in NEUTRAL and isinstance(result, e.Binary):
        is_swapped = result.a is right and result.b is left
        return type(result)(left, right, result.dtype) if is_swapped else result
    return result


def operator_of(combiner: Combiner) -> type[e.Binary] | None:
    """Return Add, Mul, Min or Max where `combiner` combines two numbers by it, else None.

    A sum starts at 0 and a product at 1. Tuples and bools have no operator.
    """
    result, kind = combiner.results[0], type(combiner.results[0])
    if len(combiner.results) > 1 or kind not in NEUTRAL or not isinstance(result, e.Binary):
        return None
    if {result.a, result.b} != {combiner.left[0], combiner.right[0]} or result.dtype.is_bool:
        return None
    is_plain = kind in (e.Min, e.Max) or is_neutral(kind, combiner.identities[0])
    return type(result) if is_plain else None


def combining_operator(op: Operation) -> type[e.Binary] | None:
    """Return the operator that `op` reduces one number by, None where it does anything else."""
    body = op.bodies[0] if isinstance(op, ComputeOp) else None
    return operator_of(body.combiner) if type(body) is Reduce else None
