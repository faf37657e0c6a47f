"""Makes plain the structure of a sum of products that its indices hide, before it is tiled.

A data axis of which operands are indexed by the quotient, such as the channels of a grouped
convolution, becomes two axes. A factor that is computed from constants by sums of axes or
conditions, such as the weights of a phase, becomes a tensor that axes alone index.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from autosched.ir.expr import Const, Expr, FloorDiv, FloorMod
from autosched.ir.traverse import walk
from autosched.schedule.primitives.cache_factor import axes_of, factors
from autosched.schedule.relations import splits
from autosched.schedule.schedule import Stage
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.structure import contraction, extent, read_of, reads_of
from autosched.search.space.variants import is_constant
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, TensorRead

MOST_GROWTH = 4
"""How many times as many elements as its tensors a factor of constants may have."""


def divide_axes(builder: SketchBuilder) -> list[int]:
    """Split the data axes of contractions whose quotients are indices; return the inner extents."""
    made: list[int] = []
    for stage in _contractions(builder):
        divided = {axis: size for axis in stage.op.axis if (size := divisor(stage, axis))}
        for axis, size in divided.items():
            builder.split(stage, axis, size)
        if divided:
            builder.cache_write(stage, "global")
        made += divided.values()
    return made


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


def divided(stage: Stage) -> dict[int, int]:
    """Return the factors by which axes of a stage are split, by their dimensions."""
    axes = stage.op.axis
    return {axes.index(each.parent): extent(each.inner) or 1 for each in splits(stage.relations)}


def parts_of(stage: Stage, factors: Mapping[int, int]) -> set[Axis]:
    """Return the axes of a sum that are parts of a divided axis of its reader.

    Their tiles must not run over their ends, where the next part begins.
    """
    found: set[Axis] = set()
    axes = iter(stage.op.axis)
    for dimension in range(len(stage.op.axis) - len(factors)):
        axis = next(axes)
        if dimension in factors:
            found |= {axis, next(axes)}
    return found


def separate_constants(builder: SketchBuilder) -> bool:
    """Compute factors of constants that no copy can reorder apart; return whether there are any."""
    is_any = False
    for stage in _contractions(builder):
        for number, factor in enumerate(factors(stage.op)):
            if _is_hidden(factor):
                builder.cache_factor(stage, number)
                is_any = True
    return is_any


def _is_hidden(factor: Expr) -> bool:
    """Whether a factor of constants is no read by axes alone, and not much larger than these."""
    reads = [read_of(node) for node in walk(factor) if type(node) is TensorRead]
    if not reads or not all(map(is_constant, reads)) or not axes_of(factor):
        return False
    if type(factor) is TensorRead and reads[0].packable:
        return False
    tensors = {read.tensor for read in reads}
    elements = sum(_product(tensor.shape) for tensor in tensors)
    return 0 < _product(axis.extent for axis in axes_of(factor)) <= MOST_GROWTH * elements


def _product(extents: Iterable[Expr]) -> int:
    """The number of elements; 0 where it is symbolic."""
    return prod(int(getattr(size, "value", 0)) for size in extents)


def _contractions(builder: SketchBuilder) -> list[Stage]:
    stages = [stage for stage in builder.schedule.stages if isinstance(stage.attachment, AtRoot)]
    return [stage for stage in stages if contraction(stage) is not None]
