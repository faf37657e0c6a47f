"""The ranges of the integers that computed tensors hold."""

from __future__ import annotations

from collections.abc import Iterable

from autosched.analysis.bounds import Span
from autosched.ir.expr import Expr
from autosched.lowering.exact import Exact, range_of
from autosched.te.tensor import ComputeOp, Operation, Reduce, Tensor


def value_spans(ops: Iterable[Operation]) -> dict[Tensor, Span]:
    """The range of every integer tensor of `ops`, in which producers come first."""
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
