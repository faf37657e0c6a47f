"""The reductions whose steps are one operator, so that they may be done in any order by lanes."""

from __future__ import annotations

from autosched.ir.expr import Binary, Expr
from autosched.ir.update import ANY_ORDER
from autosched.te.operation import ComputeOp, Reduce
from autosched.te.tensor import Operation


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
    if not isinstance(result, Binary) or type(result) not in ANY_ORDER or result.dtype.is_bool:
        return None
    return type(result) if {result.a, result.b} == pair else None
