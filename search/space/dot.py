"""Sums of products of small integers for which a target has instructions."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.expr import Cast, Expr, Mul
from autosched.search.space.structure import Contraction, Read, extent
from autosched.target.dot_products import DotProduct
from autosched.te.axis import Axis
from autosched.te.combining import summed
from autosched.te.tensor import TensorRead


@dataclass(frozen=True)
class DotAxis:
    """A reduce axis of which one instruction takes `steps` points at once."""

    axis: Axis
    steps: int

    def is_neighbouring(self, read: Read) -> bool:
        """Whether the points that an instruction takes are neighbours in memory."""
        return read.stride_one(self.axis) and read.pure[self.axis] == len(read.indices) - 1


def dot_axis(found: Contraction, dots: tuple[DotProduct, ...]) -> DotAxis | None:
    """Return the reduce axis along which instructions compute a contraction, if there are any.

    Its extent is a multiple of the points that an instruction takes, and it is an index by itself
    in both operands, so that copies of these can keep such points together.
    """
    factors = factors_of(found)
    return None if factors is None else axis_of(found, dots, *map(narrow, factors))


def factors_of(found: Contraction) -> list[Expr] | None:
    """Return the two factors of the products that a contraction sums, or None."""
    product = summed(found.stage.op)
    return [product.a, product.b] if type(product) is Mul else None


def axis_of(
    found: Contraction, dots: tuple[DotProduct, ...], first: str, second: str
) -> DotAxis | None:
    """Return the reduce axis for factors of these dtypes."""
    names, result = sorted((first, second)), found.stage.op.outputs[0].dtype.name
    for dot in dots:
        if names != sorted((dot.a, dot.b)) or result != dot.result:
            continue
        axes = [
            axis
            for axis in found.reduce
            if (extent(axis) or 1) % dot.steps == 0
            and all(axis in read.pure for read in found.reads)
        ]
        if axes:
            return DotAxis(max(axes, key=lambda axis: extent(axis) or 0), dot.steps)
    return None


def narrow(factor: Expr) -> str:
    """Return the dtype of the elements that a factor converts."""
    if type(factor) is Cast and type(factor.value) is TensorRead:
        return factor.value.dtype.name
    return ""
