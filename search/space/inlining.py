"""Which producers are folded into their readers before any loop is shaped."""

from __future__ import annotations

from autosched.ir.expr import Call
from autosched.ir.visitor import walk
from autosched.schedule.stage import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import chooses, extent, is_injective, reads_of
from autosched.te.operation import ComputeOp

CHEAP_CALLS = frozenset(("abs", "floor", "ceil", "round", "isnan", "popcount"))
"""Intrinsics of one instruction or two."""


def inline_producers(builder: SketchBuilder, pads_inlined: bool) -> bool:
    """Inline elementwise producers, but for costly ones that would be computed again and again.

    Those whose value is a choice are inlined with `pads_inlined` only; answers whether
    there are any.
    """
    costly: set[Stage] = set()
    selects = False
    for stage in list(builder.schedule.stages):
        if not isinstance(stage.op, ComputeOp):
            continue
        if _calls(stage.op) or any(
            producer in costly for producer in builder.schedule.stages if _reads(stage, producer)
        ):
            costly.add(stage)
        if stage.is_output or not is_injective(stage):
            costly.discard(stage)
            continue
        if stage in costly and _evaluated_again(builder, stage):
            costly.discard(stage)
            continue
        selects = selects or chooses(stage)
        if not chooses(stage) or pads_inlined:
            builder.compute_inline(stage)
        else:
            costly.discard(stage)
    return selects


def _reads(stage: Stage, producer: Stage) -> bool:
    return any(tensor in producer.op.outputs for tensor in stage.inputs)


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
