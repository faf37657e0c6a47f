"""Parts of reduced values that are computed once, not again for each point that uses them.

    C[i, j] = sum of exp(A[i, k]) * B[k, j]      exp(A[i, k]) is computed for all i and k first

What sums of elements alone compute stays in the loops: it takes no longer than to read it. So do
products in short sums; in long ones they would wait for the units of the multiply-adds.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from autosched.analysis.affine import to_linear
from autosched.analysis.equalities import equal_to
from autosched.analysis.inequalities import conjuncts
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Add, Call, Cast, Const, Expr, Mul, Select, Sub, Var
from autosched.ir.traverse import children, walk
from autosched.schedule.apart import axes_of
from autosched.schedule.primitives.cache_part import parts
from autosched.schedule.primitives.choose_after import chosen_value
from autosched.schedule.schedule import Schedule, Stage
from autosched.schedule.state import AtRoot, Inlined
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.canonical import MOST_GROWTH, known_product
from autosched.search.space.dot import dot_axis, is_packable, may_have_dots
from autosched.search.space.inlining import divides
from autosched.search.space.offset import offset_number
from autosched.search.space.row_dots import row_dot
from autosched.search.space.structure import Contraction, contraction, points_of, read_of
from autosched.search.space.tiles import Core
from autosched.search.space.widening import NARROW
from autosched.te.bounds import reads_data
from autosched.te.tensor import ComputeOp, TensorRead

LEAST_USES = 16
"""Uses of a part from which on it is computed once: up to a few vectors of them share it anyway."""

FEW_OPERATIONS = 2
"""Operations of an element of a stage that take no time beside the multiply-adds that use it.

A product of 256x256x256 with a clipped operand takes 287 us computed in its loops, 293 before;
with hard swish 402 and 293, with numbers that are rounded to bytes and back 587 and 299.
"""

LONG_SUM = 16
"""Terms of a sum from which on products are computed apart.

98x400 elements by a row of 400 and then by 400x201 take 165 us so, 225 if multiplied in the loops.
"""

PLAIN = (TensorRead, Const, Add, Sub, Mul)
"""What is computed beside a multiply-add in no time, or in an instruction."""


def separate_parts(builder: SketchBuilder, core: Core) -> bool:
    """Compute parts of reductions at the root apart that are used often; return if any were."""
    is_any = False
    for stage in list(builder.schedule.stages):
        if not isinstance(stage.attachment, AtRoot) or not isinstance(stage.op, ComputeOp):
            continue
        found = contraction(stage)
        has_dots = row_dot(stage, core) is not None or (
            found is not None and _has_dots(found, core)
        )
        for source in repeated_sources(builder.schedule, stage.op, core, has_dots):
            builder.compute_root(source)
            is_any = True
        if has_dots:
            continue
        narrow = found is not None and may_have_dots(found, core.dots)
        while (number := part_to_separate(stage.op, core, narrow)) is not None:
            builder.cache_part(stage, number)
            is_any = True
    return is_any


def _has_dots(found: Contraction, core: Core) -> bool:
    """Whether instructions compute a contraction, perhaps after a factor is offset."""
    if not is_packable(found):
        return False
    return dot_axis(found, core.dots) is not None or offset_number(found, core) is not None


def part_to_separate(op: ComputeOp, core: Core, narrow: bool = False) -> int | None:
    """Return the number of the largest part that is best computed apart, if there is one.

    With `narrow` it is no conversion to a wider type. What axes alone compute as integers may be an
    index: it stays, since nothing would be known of one from memory, and each lane would get a
    branch of its own.
    """
    found = parts(op)
    for number in reversed(range(len(found))):
        part = found[number]
        if narrow and type(part) is Cast and part.dtype.bits > part.value.dtype.bits:
            continue
        if part.dtype is INDEX and not reads_data(part):
            continue
        is_used = _uses(op, part) >= LEAST_USES and (
            is_computed(part) or _is_product(op, part, core)
        )
        if is_used and _is_small(op, part, core):
            return number
    return None


def _uses(op: ComputeOp, part: Expr) -> int:
    """Return how many terms of a reduction use each point of a part, on average.

    An axis that a condition of its terms names has one point for those of the others.
    """
    axes, used = (*op.axis, *op.reduce_axis), axes_of(part)
    value = chosen_value(op)
    tests = [] if value is None else conjuncts(value.condition)
    named = {axis for axis, test in product(axes, tests) if equal_to(test, axis) is not None}
    terms = points_of(axis for axis in axes if axis not in named)
    return terms // points_of(used)


def repeated_sources(
    schedule: Schedule, op: ComputeOp, core: Core, has_dots: bool = False
) -> list[Stage]:
    """Return inlined stages that are slow, and of which a reduction uses elements often.

    Where the reduction `has_dots`, those that compute anything are among them: its instructions
    take several elements at once from memory.
    """
    found: dict[Stage, None] = {}
    for part in parts(op):
        if type(part) is TensorRead:
            source = schedule[part.tensor]
            if _uses(op, part) < LEAST_USES or not isinstance(source.attachment, Inlined):
                continue
            assert isinstance(source.op, ComputeOp), "only these are inlined"
            bodies = source.op.bodies
            is_repeated = is_slow(schedule, source, has_dots) or any(
                _is_product(op, body, core) for body in bodies
            )
            if is_repeated and all(_is_small(op, body, core) for body in bodies):
                found[source] = None
    return list(found)


def is_slow(schedule: Schedule, stage: Stage, has_dots: bool = False) -> bool:
    """Whether an inlined stage gathers, divides or takes some operations, or reads such stages.

    With `has_dots` whether it computes anything.
    """
    if not isinstance(stage.attachment, Inlined) or not isinstance(stage.op, ComputeOp):
        return False
    nodes = [node for body in stage.op.bodies for node in _values(body)]
    reads = [node for node in nodes if type(node) is TensorRead]
    operations = sum(not isinstance(node, (TensorRead, Const, Var)) for node in nodes)
    return (
        divides(stage.op)
        or operations > FEW_OPERATIONS
        or (has_dots and any(map(is_computed, stage.op.bodies)))
        or any(_is_irregular(index) for read in reads for index in read.indices)
        or any(is_slow(schedule, schedule[read.tensor], has_dots) for read in reads)
    )


def is_computed(part: Expr) -> bool:
    """Whether a part takes more than sums and products of elements that axes index.

    Conversions of 16 bits do not count, which others decide on, nor numbers of axes.
    """
    if part.dtype.is_bool:
        return False
    for node in _values(part):
        if type(node) is Cast and not any(type(each) in (TensorRead, Call) for each in walk(node)):
            continue
        if type(node) is TensorRead and any(map(_is_irregular, node.indices)):
            return True
        if not isinstance(node, (*PLAIN, Var)) and not _is_narrow(node):
            return True
    return False


def _is_product(op: ComputeOp, part: Expr, core: Core) -> bool:
    """Whether a part multiplies elements, or by a number, for a long sum of floats.

    Of narrower elements it takes more memory than these, and is left in the loops unless L2 holds
    all of it.
    """
    if points_of(op.reduce_axis) < LONG_SUM or not part.dtype.is_float:
        return False
    nodes = list(_values(part))
    grows = any(type(each) is TensorRead and each.dtype.bits < part.dtype.bits for each in nodes)
    if grows and points_of(axes_of(part)) * part.dtype.bytes > core.far_bytes:
        return False
    return any(type(node) is Mul and node.dtype.is_float for node in nodes)


def _is_narrow(node: Expr) -> bool:
    """Whether a node is a conversion of an element of 16 bits."""
    return type(node) is Cast and type(node.value) is TensorRead and node.value.dtype.name in NARROW


def _values(part: Expr) -> Iterator[Expr]:
    """The nodes of a part without those of indices."""
    stack = [part]
    while stack:
        node = stack.pop()
        yield node
        if type(node) is not TensorRead:
            stack += children(node)


def _is_irregular(index: Expr) -> bool:
    """Whether an index is no sum of multiples of axes."""
    return not all(isinstance(atom, Var) for atom in to_linear(index).terms)


def _is_small(op: ComputeOp, part: Expr, core: Core) -> bool:
    """Whether the values of a part are few beside what is read, or stay in the caches.

    Parts that read nothing, but compute with axes, have to be few beside the results of `op`.
    Choices by axes that windows read, as of padding, are left to the rules for these.
    """
    used = axes_of(part)
    reads = [read_of(node) for node in _values(part) if type(node) is TensorRead]
    if any(read.pure.keys() >= used for read in reads):
        return True
    if any(_chooses_by_axes(node) for node in _values(part)):
        return False
    points = points_of(used)
    elements = sum(known_product(read.tensor.shape) for read in reads) or points_of(op.axis)
    return points * part.dtype.bytes <= core.far_bytes or points <= MOST_GROWTH * elements


def _chooses_by_axes(node: Expr) -> bool:
    return type(node) is Select and not reads_data(node.condition)
