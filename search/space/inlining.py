"""Inlines cheap producers into their readers before any loop is shaped."""

from __future__ import annotations

from collections.abc import Container, Mapping
from math import frexp

from autosched.analysis.affine import to_linear
from autosched.ir.expr import Call, Const, Div, Expr
from autosched.ir.traverse import postorder, walk
from autosched.schedule.legality import held_by_scan
from autosched.schedule.schedule import Stage
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.margins import is_read_around
from autosched.search.space.structure import extent, has_select, is_injective, reads_of
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Tensor

CHEAP_CALLS = frozenset(("abs", "floor", "ceil", "round", "isnan", "popcount"))
"""Intrinsics of one or two instructions."""

MOST_OPERATIONS = 256
"""The most distinct operations of an element that producers are folded into."""


def inline_producers(builder: SketchBuilder, pads_inlined: bool, kept: Container[int] = ()) -> bool:
    """Inline elementwise producers, except costly ones that would be computed repeatedly.

    A division is costly where a stencil would repeat it, since vectors of them take 10 cycles.
    What reads several elements stays where its readers gather several of its own along rows, as
    those of images in other sizes: inlined, it would be gathered for each. 64 images of 56 x 56
    take 1,074 us to 112 x 112 with lines between rows first, 1,660 with both at once.
    A chain of producers is cut where an element would take more than `MOST_OPERATIONS`. Stages
    with a select, such as padding, are inlined only with `pads_inlined`, and those whose numbers
    are `kept` are not. Return whether there are any with a select.
    """
    costly: set[Tensor] = set()
    dividing: set[Tensor] = set()
    operations: dict[Tensor, int] = {}
    found_select = False
    for stage in list(builder.schedule.stages):
        if not isinstance(stage.op, ComputeOp) or stage.is_output or not is_injective(stage):
            continue
        if stage.number in kept or held_by_scan(stage, "inline it"):
            continue
        is_costly = _has_costly_call(stage.op) or not costly.isdisjoint(stage.inputs)
        if is_costly and _would_repeat(builder, stage):
            continue
        is_dividing = divides(stage.op) or not dividing.isdisjoint(stage.inputs)
        if is_dividing and is_read_around(builder.schedule, stage):
            continue
        if len(reads_of(stage.op)) > 1 and _is_gathered(builder, stage):
            continue
        count = _operations(stage.op, operations)
        if count > MOST_OPERATIONS:
            continue
        selects = has_select(stage)
        found_select = found_select or selects
        if pads_inlined or not selects:
            operations.update(dict.fromkeys(stage.op.outputs, count))
            costly.update(stage.op.outputs if is_costly else ())
            dividing.update(stage.op.outputs if is_dividing else ())
            builder.compute_inline(stage)
    return found_select


def _is_gathered(builder: SketchBuilder, stage: Stage) -> bool:
    """Whether a reader takes several elements at places that no axes and numbers add up to."""
    for consumer in builder.schedule.consumers(stage):
        if isinstance(consumer.op, ComputeOp):
            reads = [read for read in reads_of(consumer.op) if read.tensor.op is stage.op]
            places = [to_linear(read.indices[-1]) for read in reads if read.indices]
            straight = [p for p in places if all(isinstance(a, Axis) for a in p.terms)]
            if len(places) > 1 and not straight:
                return True
    return False


def _operations(op: ComputeOp, inlined: Mapping[Tensor, int]) -> int:
    """Count the operations of one element of `op`, with those of `inlined` tensors it reads."""
    own = len(postorder(op.bodies))
    return own + sum(inlined.get(read.tensor, 0) for read in reads_of(op))


def _has_costly_call(op: ComputeOp) -> bool:
    nodes = (node for body in op.bodies for node in walk(body))
    return any(type(node) is Call and node.name not in CHEAP_CALLS for node in nodes)


def divides(op: ComputeOp) -> bool:
    """Whether an element takes a division of floats by something else than a power of two."""
    nodes = (node for body in op.bodies for node in walk(body))
    return any(type(node) is Div and not _is_power_of_two(node.b) for node in nodes)


def _is_power_of_two(divisor: Expr) -> bool:
    return type(divisor) is Const and abs(frexp(divisor.value)[0]) == 0.5


def _would_repeat(builder: SketchBuilder, stage: Stage) -> bool:
    """Whether inlining would compute some elements of `stage` more than once."""
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
