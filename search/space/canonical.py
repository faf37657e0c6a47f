"""Makes plain the structure of a sum of products that its indices hide, before it is tiled.

A data axis of which operands are indexed by the quotient, such as the channels of a grouped
convolution, becomes two axes. A factor that is computed from constants by sums of axes or
conditions, such as the weights of a phase, becomes a tensor that axes alone index. Neighbouring
data axes that every operand has as neighbouring dimensions, such as those of an image under a
convolution of one point, become one axis. So do the last axes of an elementwise stage.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import prod

from autosched.analysis.affine import to_linear
from autosched.ir.expr import Const, Expr, FloorDiv, FloorMod
from autosched.ir.traverse import children, walk
from autosched.schedule.apart import axes_of
from autosched.schedule.inline import inline_all
from autosched.schedule.primitives.cache_factor import factors
from autosched.schedule.relations import AxisFusion, AxisSplit, splits
from autosched.schedule.schedule import Schedule, Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.dot import is_packable, may_have_dots
from autosched.search.space.structure import (
    Read,
    condition_axes,
    contraction,
    extent,
    is_injective,
    points_of,
    read_of,
    reads_of,
)
from autosched.search.space.tiles import Core, ceil_div
from autosched.search.space.variants import is_constant
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, TensorRead

MOST_GROWTH = 4
"""How many times as many elements as its tensors a factor of constants may have."""

LEAST_USES = 16
"""Points that use an element of a factor, from which on it is soon copied at a call."""

DOT_SPEED = 4
"""Lanes may be so many times as many as the points of an axis, if there are dot products."""


def divide_axes(builder: SketchBuilder, fuses: bool = False) -> list[int]:
    """Split the data axes of contractions whose quotients are indices; return the inner extents.

    With `fuses`, axes that `runs` finds are fused too.
    """
    made: list[int] = []
    for stage in _contractions(builder):
        divided = {axis: size for axis in stage.op.axis if (size := divisor(stage, axis))}
        fused = runs(stage) if fuses else []
        for axis, size in divided.items():
            builder.split(stage, axis, size)
        for run in fused:
            builder.fuse(stage, run)
        if divided or fused:
            builder.cache_write(stage, "global")
        made += divided.values()
    return made


def fusible(builder: SketchBuilder) -> list[list[Axis]]:
    """Return the data axes of contractions that are fused."""
    return [run for stage in _contractions(builder) for run in runs(stage)]


def runs(stage: Stage) -> list[list[Axis]]:
    """Return the neighbouring data axes that all operands have as neighbouring, whole dimensions.

    Padding that is decided where it is read has places of the image, which has other dimensions. A
    contraction stays one.
    """
    contracted = contraction(stage)
    assert contracted is not None
    assert isinstance(stage.op, ComputeOp)
    op = inline_all(stage.schedule)[stage]
    assert isinstance(op, ComputeOp)
    reads, used = reads_of(op), condition_axes(stage)
    found: list[list[Axis]] = []
    for axis in stage.op.axis:
        if (
            found
            and used.isdisjoint((found[-1][-1], axis))
            and _follows(found[-1][-1], axis, reads)
        ):
            found[-1].append(axis)
        else:
            found.append([axis])
    reused = {axis for axis in stage.op.axis if axis in contracted.reused or divisor(stage, axis)}
    if sum(not reused.isdisjoint(run) for run in found) < 2:
        return []
    return [run for run in found if len(run) > 1]


def _follows(outer: Axis, inner: Axis, reads: Iterable[Read]) -> bool:
    """Whether every read by one of two axes is by both, as neighbouring dimensions of their own."""
    for read in reads:
        if read.axes.isdisjoint((outer, inner)):
            continue
        place = read.pure.get(inner)
        if place is None or read.pure.get(outer) != place - 1:
            return False
        size = extent(inner)
        if size is None or size != getattr(read.tensor.shape[place], "value", None):
            return False
    return True


def last_run(schedule: Schedule, stage: Stage) -> tuple[list[Axis], bool]:
    """Return the last axes of an elementwise stage that its operands have as neighbours.

    Operands that the last axis alone indexes, such as a number of each channel, repeat along the
    others; return whether there are any. The first axis may be part of a dimension. Axes of one
    point and axes whose numbers are used are left out.
    """
    run = [axis for axis in stage.op.axis if extent(axis) != 1][-1:]
    op = inline_all(schedule)[stage]
    if not run or not is_injective(stage) or not isinstance(op, ComputeOp):
        return run, False
    (last,) = run
    reads, used = reads_of(op), _numbers_used(op.bodies[0])
    before = op.axis[: op.axis.index(last)]
    repeated = [read for read in reads if last in read.axes and read.axes.isdisjoint(before[-1:])]
    others = [read for read in reads if read not in repeated]
    fixed = used.union(*(read.axes - {last} for read in repeated))
    for outer in reversed(before):
        if extent(outer) in (None, 1) or not fixed.isdisjoint((outer, run[0])):
            break
        if not _follows(outer, run[0], others):
            break
        run.insert(0, outer)
    return run, bool(repeated)


def _numbers_used(body: Expr) -> set[Axis]:
    """Return the axes of which an expression uses the numbers, beside its indices."""
    found: set[Axis] = set()
    left = [body]
    while left:
        node = left.pop()
        if isinstance(node, Axis):
            found.add(node)
        elif type(node) is not TensorRead:
            left += children(node)
    return found


def divisor(stage: Stage, axis: Axis) -> int | None:
    """Return the number by which operands of `stage` are indexed by `axis` divided, or None.

    It divides the extent of the axis, and is the only one.
    """
    assert isinstance(stage.op, ComputeOp)
    indices = [index for read in reads_of(stage.op) for index in read.indices]
    found = {size for index in indices for node in walk(index) if (size := _divides(node, axis))}
    size = extent(axis)
    if len(found) != 1 or size is None:
        return None
    (number,) = found
    return number if 1 < number < size and size % number == 0 else None


def _divides(node: Expr, axis: Axis) -> int | None:
    if not isinstance(node, FloorDiv | FloorMod) or node.a is not axis:
        return None
    return int(node.b.value) if type(node.b) is Const else None


def turns(schedule: Schedule, stage: Stage, axis: Axis) -> int:
    """Return the number of vectors whose elements an elementwise stage reads in turn along an axis.

    Its operands are indexed by quotients and remainders of the axis, also with an offset, as the
    result of a transposed convolution reads its phases. It is 0 where there are none, where an
    operand is contiguous along the axis, or where vectors do not fill it and quotients are shifts:
    32 channels of 85 x 85 points, the phases of a stride of 3, take 0.5 ns a point in place of 3,
    those of a stride of 2, 57 x 57, 0.5 in place of 0.3.
    """
    op, size = inline_all(schedule)[stage], extent(axis)
    if not isinstance(op, ComputeOp) or size is None:
        return 0
    reads = [read for read in reads_of(op) if axis in read.axes]
    if any(read.stride_one(axis) for read in reads):
        return 0
    nodes = [node for read in reads for index in read.indices for node in walk(index)]
    found = {
        int(node.b.value)
        for node in nodes
        if isinstance(node, FloorDiv | FloorMod)
        and type(node.b) is Const
        and to_linear(node.a).terms == {axis: 1}
    }
    number = found.pop() if len(found) == 1 else 0
    is_shift = number & (number - 1) == 0
    return number if number > 1 and (size % number == 0 or not is_shift) else 0


def reader_of(chain: Sequence[Stage]) -> Stage | None:
    """Return the one of the stages after a sum whose axes were divided or fused, else the first.

    Before it there may be others over the new axes, as those that take an offset away.
    """
    return next((each for each in chain if each.relations), chain[0] if chain else None)


def parts_of(stage: Stage, reader: Stage) -> set[Axis]:
    """Return the axes of a sum that are parts of a divided axis of its reader.

    Their tiles must not run over their ends, where the next part begins.
    """
    parts = {axis for each in splits(reader.relations) for axis in each.results}
    loops = zip(reader.leaves, stage.op.axis, strict=True) if parts else ()
    return {axis for loop, axis in loops if loop in parts}


def loops_like(builder: SketchBuilder, stage: Stage, reader: Stage) -> list[Axis]:
    """Split and fuse the axes of a stage as those of `reader` are; return the loops."""
    made = dict(zip(reader.op.axis, stage.op.axis, strict=True))
    for relation in reader.relations:
        if isinstance(relation, AxisSplit):
            parts = builder.split(stage, made[relation.parent], extent(relation.inner) or 1)
            made[relation.outer], made[relation.inner] = parts
        elif isinstance(relation, AxisFusion):
            sources = [made[axis] for axis in relation.sources]
            made[relation.fused] = builder.fuse(stage, sources)
    return [made[leaf] for leaf in reader.leaves]


def separate_hidden(builder: SketchBuilder, core: Core) -> bool:
    """Compute factors that no copy can reorder apart; return whether there are any.

    They are those of constants, and of a contraction of which no operand can be reordered one that
    comes with the call, such as weights by groups.
    """
    is_any = False
    for stage in _contractions(builder):
        for number, factor in enumerate(factors(stage.op)):
            if _is_hidden(factor):
                builder.cache_factor(stage, number)
                is_any = True
        if (number_at_call := _hidden_at_call(stage, core)) is not None:
            builder.cache_factor(stage, number_at_call)
            is_any = True
    return is_any


def _hidden_at_call(stage: Stage, core: Core) -> int | None:
    """Return the factor that a copy makes plain, where no operand of a contraction is plain.

    It grows least of those that are read for `LEAST_USES` points or more, and vectors fit along an
    axis of it that no other factor has. Dot products make up for empty lanes.
    """
    found, all_factors = contraction(stage), factors(stage.op)
    if found is None or is_packable(found):
        return None
    least = ceil_div(core.lanes, DOT_SPEED) if may_have_dots(found, core.fast_dots) else core.lanes
    growths: dict[int, float] = {}
    for number, factor in enumerate(all_factors):
        axes = axes_of(factor)
        others = {axis for each in all_factors if each is not factor for axis in axes_of(each)}
        uses = points_of(axis for axis in stage.op.axis if axis not in axes)
        own = (extent(axis) or 0 for axis in stage.op.axis if axis in axes and axis not in others)
        if uses >= LEAST_USES and max(own, default=0) >= least and not _is_plain(factor):
            growths[number] = _growth(factor)
    growths = {number: growth for number, growth in growths.items() if growth}
    return min(growths, key=lambda number: growths[number], default=None)


def _is_plain(factor: Expr) -> bool:
    """Whether a factor is an element that copies can reorder."""
    return type(factor) is TensorRead and read_of(factor).packable


def _is_hidden(factor: Expr) -> bool:
    """Whether a factor of constants is no read by axes alone, and not much larger than these."""
    reads = _reads_in(factor)
    if not reads or not all(map(is_constant, reads)) or not axes_of(factor):
        return False
    return not _is_plain(factor) and _growth(factor) > 0


def _growth(factor: Expr) -> float:
    """Return how many times as many points as elements a factor has; 0 for many, or unknown."""
    tensors = {read.tensor for read in _reads_in(factor)}
    elements = sum(known_product(tensor.shape) for tensor in tensors)
    growth = known_product(axis.extent for axis in axes_of(factor)) / max(1, elements)
    return growth if growth <= MOST_GROWTH else 0.0


def _reads_in(factor: Expr) -> list[Read]:
    return [read_of(node) for node in walk(factor) if type(node) is TensorRead]


def known_product(extents: Iterable[Expr]) -> int:
    """Return the product of some extents; 0 where one is symbolic."""
    return prod(int(getattr(size, "value", 0)) for size in extents)


def _contractions(builder: SketchBuilder) -> list[Stage]:
    stages = [stage for stage in builder.schedule.stages if isinstance(stage.attachment, AtRoot)]
    return [stage for stage in stages if contraction(stage) is not None]
