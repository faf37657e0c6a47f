"""The reductions whose steps are one operator, so that they may be done in any order by lanes."""

from __future__ import annotations

from autosched.ir.expr import Add, Binary, Expr, Max, Min, Mul
from autosched.te.operation import ComputeOp, Operation, Reduce

_OPERATORS: tuple[type[Expr], ...] = (Add, Mul, Min, Max)


def combining_operator(op: Operation) -> type[Expr] | None:
    """Add, Mul, Min or Max where `op` reduces one number by it, else None."""
    if not isinstance(op, ComputeOp) or len(op.bodies) > 1:
        return None
    reduction = op.bodies[0]
    return _operator(reduction) if type(reduction) is Reduce else None


def _operator(reduction: Reduce) -> type[Expr] | None:
    combiner = reduction.combiner
    if len(combiner.results) > 1:
        return None
    result, pair = combiner.results[0], {combiner.left[0], combiner.right[0]}
    if not isinstance(result, Binary) or type(result) not in _OPERATORS or result.dtype.is_bool:
        return None
    return type(result) if {result.a, result.b} == pair else None
