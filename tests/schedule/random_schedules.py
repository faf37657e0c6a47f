"""Random legal schedules: steps drawn one by one, of which those that apply are applied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched import te
from autosched.schedule import Schedule, create_schedule, replay, why_illegal
from autosched.schedule import primitives as p
from autosched.schedule.instruction import instruction_of
from autosched.schedule.legality import extent_of
from autosched.schedule.primitives.offset_factor import can_offset
from autosched.schedule.schedule import Stage
from autosched.schedule.tail import TAILS
from tests.schedule.intrinsics import intrinsic_of
from tests.schedule.nests import argmax, chain, matmul, rowsum

Draw = Callable[[int], int]
"""A number from 0 up to, and without, the one given."""

FACTORS = (1, 2, 3, 4, 8, 16)


def followed() -> te.Tensor:
    C = matmul(5, 7, 6)
    D = te.compute((5, 7), lambda i, j: C[i, j] + 1.0, name="D")
    return te.compute((5, 7), lambda i, j: D[i, j] * C[i, j], name="E")


def stencil() -> te.Tensor:
    A = te.placeholder((11,), name="A")
    B = te.compute((11,), lambda i: A[i] * 2.0, name="B")
    C = te.compute((9,), lambda i: B[i] + B[i + 1] + B[i + 2], name="C")
    return te.compute((9,), lambda i: C[i] - B[i + 1], name="D")


def padded() -> te.Tensor:
    A, W = te.placeholder((7,), name="A"), te.placeholder((3,), name="W")
    inside = lambda i: te.all(i >= 1, i < 8)  # noqa: E731
    P = te.compute((9,), lambda i: te.if_then_else(inside(i), A[i - 1], 0.0), name="P")
    k = te.reduce_axis((0, 3), name="k")
    return te.compute((7,), lambda i: te.sum(P[i + k] * W[k], axis=k), name="C")


def filtered() -> te.Tensor:
    A = te.placeholder((2, 7), name="A")
    W = te.placeholder((3, 2, 3), name="W")
    c, k = te.reduce_axis((0, 2), name="c"), te.reduce_axis((0, 3), name="k")
    return te.compute((3, 5), lambda o, i: te.sum(A[c, i + k] * W[o, c, k], axis=[c, k]), name="C")


def of_bytes() -> te.Tensor:
    A, B = te.placeholder((5, 6), "int8", name="A"), te.placeholder((7, 6), "int8", name="B")
    k = te.reduce_axis((0, 6), name="k")
    product = lambda i, j: A[i, k].astype("int32") * B[j, k].astype("int32")  # noqa: E731
    return te.compute((5, 7), lambda i, j: te.sum(product(i, j), axis=k), name="C")


def recurrent() -> te.Tensor:
    A, state = te.placeholder((5, 7), name="A"), te.placeholder((5, 7), name="state")
    first = te.compute((1, 7), lambda t, i: A[t, i], name="first")
    k = te.reduce_axis((0, 7), name="k")
    total = te.compute((5,), lambda t: te.sum(state[t - 1, k], axis=k), name="total")
    update = te.compute((5, 7), lambda t, i: A[t - 1, i] - total[t], name="update")
    return te.scan(first, update, state)


def triangle() -> te.Tensor:
    A, B = te.placeholder((5, 6), name="A"), te.placeholder((6, 7), name="B")
    k = te.reduce_axis((0, 6), name="k")
    value = lambda i, j: te.if_then_else(j <= i, A[i, k] * B[k, j], 0.0)  # noqa: E731
    return te.compute((5, 7), lambda i, j: te.sum(value(i, j), axis=k), name="C")


def terms() -> te.Tensor:
    A, B = te.placeholder((5, 6, 2), name="A"), te.placeholder((6, 7, 2), name="B")
    k = te.reduce_axis((0, 6), name="k")
    value = lambda i, j: A[i, k, 0] * B[k, j, 1] - B[k, j, 0] * A[i, k, 1]  # noqa: E731
    return te.compute((5, 7), lambda i, j: te.sum(value(i, j), axis=k), name="C")


def three() -> te.Tensor:
    A, B = te.placeholder((5, 3), name="A"), te.placeholder((3, 4), name="B")
    x, y = te.reduce_axis((0, 3), name="x"), te.reduce_axis((0, 4), name="y")
    value = lambda i, j: A[i, x] * B[x, y] * B[j, y]  # noqa: E731
    return te.compute((5, 3), lambda i, j: te.sum(value(i, j), axis=[x, y]), name="C")


def prefixes() -> te.Tensor:
    A, k = te.placeholder((3, 7), name="A"), te.reduce_axis((0, 7), name="k")
    return te.compute((3, 7), lambda i, j: te.sum(A[i, k], axis=k, where=k <= j), name="C")


def chosen() -> te.Tensor:
    A, B = te.placeholder((5, 6), name="A"), te.placeholder((6, 7), name="B")
    k = te.reduce_axis((0, 6), name="k")
    value = lambda i, j: te.if_then_else(k <= i, te.tanh(A[i, k]), 0.0) * B[k, j]  # noqa: E731
    return te.compute((5, 7), lambda i, j: te.sum(value(i, j), axis=k, where=j <= k), name="C")


EXPRESSIONS: tuple[Callable[[], Any], ...] = (
    lambda: chain(7),
    lambda: rowsum(5, 7),
    lambda: matmul(5, 7, 6),
    followed,
    stencil,
    padded,
    filtered,
    of_bytes,
    lambda: argmax(4, 7)[0],
    recurrent,
    triangle,
    terms,
    three,
    prefixes,
    chosen,
)


def random_schedule(draw: Draw, steps: int, outputs: Any = None) -> Schedule:
    """A schedule, which can be lowered, of `outputs` or else of one of the expressions."""
    s = create_schedule(EXPRESSIONS[draw(len(EXPRESSIONS))]() if outputs is None else outputs)
    for _ in range(steps):
        try_step(s, random_step(s, draw))
    return s


def ordered_schedule(draw: Draw, outputs: Any) -> Schedule:
    """A schedule made in the order people make them: stages, loops, places, annotations."""
    s = create_schedule(outputs)
    for steps in _IN_ORDER:
        for _ in range(draw(9)):
            computed = [stage for stage in s.stages if not stage.is_placeholder]
            stage = computed[draw(len(computed))]
            try_step(s, steps[draw(len(steps))](s, stage, draw))
    return s


def try_step(s: Schedule, step: p.Primitive) -> None:
    """Apply `step` where it applies, and take it back where nothing can be lowered then."""
    if s.why_not(step) is not None:
        return
    if any(map(instruction_of, s.stages)) and why_illegal(replay(s.outputs, [*s.trace, step])):
        return
    placements = {stage: stage.attachment for stage in s.stages}
    leaves = {stage: list(stage.leaves) for stage in s.stages}
    s.apply(step)
    if why_illegal(s) is None:
        return
    if isinstance(step, (p.ComputeAt, p.ComputeRoot, p.ComputeInline, p.Reorder)):
        for stage in s.stages:
            stage.attachment, stage.leaves = placements[stage], leaves[stage]
        s.trace.pop()
        return
    # A made stage stands between one that is attached and its readers: move all further out.
    for stage in s.stages:
        scan = s.scans.get(stage.op.outputs[0])
        out: p.Primitive = p.ComputeRoot(stage.number)
        if scan is not None:
            out = p.ComputeAt(stage.number, scan.number, scan.axes.index(scan.leaves[-1]))
        if s.why_not(out) is None:
            s.apply(out)


def random_step(s: Schedule, draw: Draw) -> p.Primitive:
    stage = s.stages[draw(len(s.stages))]
    make = _STEPS[draw(len(_STEPS))]
    return make(s, stage, draw)


def _axis(stage: Stage, draw: Draw) -> int:
    return draw(len(stage.axes)) if stage.axes else 0


def _leaf(stage: Stage, draw: Draw) -> int:
    return stage.axes.index(stage.leaves[draw(len(stage.leaves))]) if stage.leaves else 0


def _split(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    amount = FACTORS[draw(len(FACTORS))]
    parts = (amount, None) if draw(3) else (None, amount)
    return p.Split(stage.number, _leaf(stage, draw), *parts, tuple(TAILS)[draw(len(TAILS))])


def _fuse(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    position = draw(max(len(stage.leaves) - 1, 1))
    axes = tuple(stage.axes.index(leaf) for leaf in stage.leaves[position : position + 2])
    return p.Fuse(stage.number, axes)


def _reorder(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.Reorder(stage.number, (_leaf(stage, draw), _leaf(stage, draw)))


def _tile(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    x, y = _leaf(stage, draw), _leaf(stage, draw)
    x_factor, y_factor = (FACTORS[draw(len(FACTORS))] for _ in range(2))
    return p.Tile(stage.number, x, y, x_factor, y_factor, tuple(TAILS)[draw(len(TAILS))])


def _compute_at(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    readers = s.consumers(stage) or s.stages
    parent = readers[draw(len(readers))]
    return p.ComputeAt(stage.number, parent.number, _leaf(parent, draw))


def _cache_read(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    readers = tuple(reader.number for reader in s.consumers(stage))
    layout: Any = (None, (0,), ((0, 3), 0), (1, 0), ((1, 2), 0, 1))[draw(5)]
    return p.CacheRead((stage.number, 0), "local", readers, layout)


def _cache_write(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    count = len(stage.op.outputs)
    return p.CacheWrite(tuple((stage.number, index) for index in range(count)), "local")


def _vectorize(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.Vectorize(stage.number, _leaf(stage, draw))


def _parallel(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.Parallel(stage.number, _leaf(stage, draw))


def _unroll(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.Unroll(stage.number, _leaf(stage, draw))


def _inline(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.ComputeInline(stage.number)


def _rfactor(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.RFactor(stage.number, _axis(stage, draw), draw(2))


def _factor(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    number = draw(3)
    offsets = can_offset(stage.op, number)
    return (p.OffsetFactor if offsets else p.CacheFactor)(stage.number, number)


def _pad_reduce(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.PadReduce(stage.number, _axis(stage, draw), 1 + draw(5))


def _part(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.CachePart(stage.number, draw(4))


def _choose_after(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.ChooseAfter(stage.number)


def _choose_product(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.ChooseProduct(stage.number)


def _sum_terms(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.SumTerms(stage.number)


def _sum_first(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.SumFirst(stage.number, draw(2))


def _block_prefix(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.BlockPrefix(stage.number, 2 + draw(3))


def _transform_layout(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    """A layout of a tensor inside: others change what the caller gives."""
    layout: Any = ((0,), ((0, 3), 0), (1, 0), ((1, 2), 0, 1))[draw(4)]
    inside = [each for each in s.stages if not each.is_placeholder and not each.is_output]
    chosen = inside[draw(len(inside))] if inside else None
    return p.ComputeRoot(0) if chosen is None else p.TransformLayout(chosen.number, layout)


def _skip_zeros(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.SkipZeros(stage.number)


def _skip_masked(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.SkipMasked(stage.number)


def _winograd(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.Winograd(stage.number, 2)  # exact for small integers


def _align(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.StorageAlign(stage.number, _axis(stage, draw), 4, draw(4))


def _pragma(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    key = ("chunk", "auto_unroll_max_step")[draw(2)]
    return p.Pragma(stage.number, _leaf(stage, draw), key, draw(3) * 8)


def _prefetch(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    tensors = (stage.inputs if draw(3) else s.tensors) or s.tensors
    tensor = tensors[draw(len(tensors))]
    source = (s[tensor].number, tensor.value_index)
    return p.Prefetch(stage.number, source, _leaf(stage, draw), draw(4))


def _bind(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.Bind(stage.number, _leaf(stage, draw), ("vthread", "cthread")[draw(2)])


def _tensorize(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    inner = stage.leaves[draw(max(len(stage.leaves), 1)) :]
    shape = tuple(extent_of(leaf) or 1 for leaf in inner) or (1,)
    axis = stage.axes.index(inner[0]) if inner else 0
    intrinsic = intrinsic_of(stage, len(stage.leaves) - len(inner)) if inner and draw(3) else None
    name = "gemm" if intrinsic is None else intrinsic.name
    return p.Tensorize(stage.number, axis, name, shape if intrinsic is None else intrinsic.shape)


def _double_buffer(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.DoubleBuffer(stage.number)


def _set_scope(s: Schedule, stage: Stage, draw: Draw) -> p.Primitive:
    return p.SetScope(stage.number, ("local", "global")[draw(2)])


_Steps = tuple[Callable[[Schedule, Stage, Draw], p.Primitive], ...]

_LOOPS: _Steps = (_split, _split, _split, _fuse, _reorder, _reorder, _tile)
_ANNOTATIONS: _Steps = (
    *(_vectorize, _parallel, _unroll, _align, _pragma, _set_scope),
    *(_prefetch, _bind, _tensorize, _double_buffer),
)
_STAGES: _Steps = (
    *(_cache_read, _cache_write, _inline, _rfactor),
    *(_winograd, _factor, _part, _choose_after, _choose_product, _sum_terms, _sum_first),
    _block_prefix,
    *(_transform_layout, _skip_zeros, _skip_masked, _pad_reduce),
)
_STEPS: _Steps = (
    *_LOOPS,
    *(_compute_at, _compute_at, _compute_at),
    *_STAGES,
    *_ANNOTATIONS,
    lambda s, stage, draw: p.ComputeRoot(stage.number),
)
_IN_ORDER: tuple[_Steps, ...] = (
    (_split, *_STAGES),
    _LOOPS,
    (_compute_at,),
    (*_ANNOTATIONS, _split),
)
