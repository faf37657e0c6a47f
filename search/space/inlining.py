"""Which producers are folded into their readers before any loop is shaped."""

from __future__ import annotations

from collections.abc import Mapping

from autosched.ir.expr import Call
from autosched.ir.traverse import postorder, walk
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import chooses, extent, is_injective, reads_of
from autosched.te.operation import ComputeOp
from autosched.te.tensor import Tensor

CHEAP_CALLS = frozenset(("abs", "floor", "ceil", "round", "isnan", "popcount"))
"""Intrinsics of one instruction or two."""


MOST_OPERATIONS = 256
"""Distinct operations of one element up to which producers are folded into it."""


def inline_producers(builder: SketchBuilder, pads_inlined: bool) -> bool:
    """Inline elementwise producers, but for costly ones that would be computed again and again.

    A chain of them is cut where an element would come to more than `MOST_OPERATIONS`. Those
    whose value is a choice are inlined with `pads_inlined` only; answers whether there are any.
    """
    costly: set[Tensor] = set()
    operations: dict[Tensor, int] = {}
    selects = False
    for stage in list(builder.schedule.stages):
        if not isinstance(stage.op, ComputeOp) or stage.is_output or not is_injective(stage):
            continue
        is_costly = _calls(stage.op) or not costly.isdisjoint(stage.inputs)
        if is_costly and _evaluated_again(builder, stage):
            continue
        count = _operations(stage.op, operations)
        if count > MOST_OPERATIONS:
            continue
        selects = selects or chooses(stage)
        if not chooses(stage) or pads_inlined:
            operations.update(dict.fromkeys(stage.op.outputs, count))
            costly.update(stage.op.outputs if is_costly else ())
            builder.compute_inline(stage)
    return selects


def _operations(op: ComputeOp, inlined: Mapping[Tensor, int]) -> int:
    """The operations of one element of `op`, those of the `inlined` elements it reads included."""
    own = len(postorder(op.bodies))
    return own + sum(inlined.get(read.tensor, 0) for read in reads_of(op))


def _calls(op: ComputeOp) -> bool:
    nodes = (node for body in op.bodies for node in walk(body))
    return any(type(node) is Call and node.name not in CHEAP_CALLS for node in nodes)


def _evaluated_again(builder: SketchBuilder, stage: Stage) -> bool:
    """Inlined, the stage would be computed more than once for some of its points."""
    consumers = builder.schedule.consumers(stage)
    if len(consumers) > 1:
        return True
    for consumer in consumers:
        assert isinstance(consumer.op, ComputeOp)
        reads = [read for read in reads_of(consumer.op) if read.tensor.op is stage.op]
        axes = {a for a in (*consumer.op.axis, *consumer.op.reduce_axis) if extent(a) != 1}
        if len(reads) > 1 or not axes <= reads[0].axes:
            return True
    return False
