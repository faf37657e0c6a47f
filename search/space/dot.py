"""Sums of products of small integers for which a target has instructions."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.analysis.affine import to_linear
from autosched.ir.expr import Cast, Expr, Mul
from autosched.ir.traverse import free_vars
from autosched.schedule.schedule import Stage
from autosched.search.space.structure import Contraction, Read, extent
from autosched.target.dot_products import DotProduct
from autosched.te.axis import Axis
from autosched.te.combining import summed
from autosched.te.tensor import TensorRead

ALIKE, OFFSET = (["int8", "int8"], ["uint8", "uint8"]), ["uint8", "int8"]
"""The dtypes of the factors of a product before one is offset, and then."""


@dataclass(frozen=True)
class DotAxis:
    """A reduce axis of which one instruction takes `steps` points at once."""

    axis: Axis
    steps: int

    def dimension(self, read: Read) -> int:
        """Return the dimension of an operand in which the points of an instruction lie."""
        found = _dimension(read, self.axis, self.steps)
        assert found is not None, "axis_of found one in each operand"
        return found

    def is_neighbouring(self, read: Read) -> bool:
        """Whether the points that an instruction takes are neighbours in memory."""
        return read.stride_one(self.axis) and self.dimension(read) == len(read.indices) - 1


def dot_axis(found: Contraction, dots: tuple[DotProduct, ...]) -> DotAxis | None:
    """Return the reduce axis along which instructions compute a contraction, if there are any.

    Its extent is a multiple of the points that an instruction takes, and in both operands it is an
    index by itself, or the inner part of one, so that copies can keep such points together.
    """
    factors = factors_of(found)
    return None if factors is None else axis_of(found, dots, [*map(narrow, factors)])


def is_packable(found: Contraction) -> bool:
    """Whether vectors can run along an axis of which copies keep the points of instructions."""
    return any(all(read.packable for read in reads) for reads in found.reused.values())


def may_have_dots(found: Contraction, dots: tuple[DotProduct, ...]) -> bool:
    """Whether instructions compute a contraction whose factors, before conversions, are elements.

    The weights of the phases of a transposed convolution are computed as int8 then.
    """
    factors = [each for each in factors_of(found) or () if type(each) is Cast]
    kinds = [each.value.dtype.name for each in factors]
    with_offset = OFFSET if kinds in ALIKE else kinds
    return len(kinds) == 2 and any(axis_of(found, dots, each) for each in (kinds, with_offset))


def factors_of(found: Contraction) -> list[Expr] | None:
    """Return the two factors of the products that a contraction sums, or None."""
    product = summed(found.stage.op)
    return [product.a, product.b] if type(product) is Mul else None


def dots_for(stage: Stage, dots: tuple[DotProduct, ...], kinds: list[str]) -> list[DotProduct]:
    """Return the instructions that multiply factors of these dtypes and sum as a stage."""
    names, result = sorted(kinds), stage.op.outputs[0].dtype.name
    return [dot for dot in dots if names == sorted((dot.a, dot.b)) and dot.result == result]


def axis_of(found: Contraction, dots: tuple[DotProduct, ...], kinds: list[str]) -> DotAxis | None:
    """Return the reduce axis for factors of these dtypes."""
    for dot in dots_for(found.stage, dots, kinds):
        axes = [
            axis
            for axis in found.reduce
            if (extent(axis) or 1) % dot.steps == 0
            and all(_dimension(read, axis, dot.steps) is not None for read in found.reads)
        ]
        if axes:
            return DotAxis(max(axes, key=lambda axis: extent(axis) or 0), dot.steps)
    return None


def _dimension(read: Read, axis: Axis, steps: int) -> int | None:
    """Return the only dimension that an axis indexes, if groups of `steps` points begin there at
    multiples of `steps`, as those of the channels of a group do in `group * 16 + channel`."""
    if axis in read.pure:
        return read.pure[axis]
    inside = [place for place, index in enumerate(read.indices) if axis in free_vars(index)]
    if len(inside) != 1:
        return None
    linear = to_linear(read.indices[inside[0]])
    others = linear.without(axis)
    is_inner = linear.terms.get(axis) == 1 and axis not in free_vars(others.to_expr())
    starts = (others.const, *others.terms.values())
    return inside[0] if is_inner and all(start % steps == 0 for start in starts) else None


def narrow(factor: Expr) -> str:
    """Return the dtype of the elements that a factor converts."""
    element = converted(factor)
    return "" if element is None else element.dtype.name


def converted(factor: Expr) -> TensorRead | None:
    """Return the element that a factor converts."""
    value = factor.value if type(factor) is Cast else None
    return value if type(value) is TensorRead else None
