"""Sums of products over axes."""

from __future__ import annotations

import math
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Const, Expr
from autosched.ir.structure import equal
from autosched.ops.matmul import batch_matmul
from autosched.ops.matmul import matmul as product
from autosched.te.elementwise import is_one
from autosched.te.tensor import Tensor
from autosched.tvm.topi.utils import get_const_int, normalized

Label = str | int


def matmul(a: Tensor, b: Tensor, transp_a: bool = False, transp_b: bool = False) -> Tensor:
    """The product of two matrices, each transposed if said so."""
    if a.ndim == 3:
        return batch_matmul(a, b, "T_matmul", a.dtype, transp_a, transp_b)
    return product(a, b, a.dtype, "T_matmul", transp_a, transp_b)


def tensordot(a: Tensor, b: Tensor, axes: Any) -> Tensor:
    """The sum of products over axes of both tensors, as in `numpy.tensordot`."""
    if isinstance(axes, (int, Const)):
        count = get_const_int(axes)
        of_a, of_b = list(range(a.ndim - count, a.ndim)), list(range(count))
    else:
        of_a, of_b = ([axes[n]] if isinstance(axes[n], int) else list(axes[n]) for n in (0, 1))
    of_a = [normalized(axis, a.ndim, "tensordot") for axis in of_a]
    of_b = [normalized(axis, b.ndim, "tensordot") for axis in of_b]
    rest_a = [axis for axis in range(a.ndim) if axis not in of_a]
    rest_b = [axis for axis in range(b.ndim) if axis not in of_b]
    summed = [te.reduce_axis((0, a.shape[axis]), name=f"k{axis}") for axis in of_a]

    def element(*i: Expr) -> Expr:
        at_a = dict(zip([*rest_a, *of_a], [*i[: len(rest_a)], *summed], strict=True))
        at_b = dict(zip([*rest_b, *of_b], [*i[len(rest_a) :], *summed], strict=True))
        factors = a(*(at_a[n] for n in range(a.ndim))) * b(*(at_b[n] for n in range(b.ndim)))
        return te.sum(factors, axis=summed) if summed else factors

    extents = [*(a.shape[axis] for axis in rest_a), *(b.shape[axis] for axis in rest_b)]
    return te.compute(tuple(extents), element, name="T_tensordot")


def einsum(subscripts: str, *operand: Tensor) -> Tensor:
    """The sum of products that `subscripts` says, as in `numpy.einsum`.

    Axes of extent 1 are broadcast, and so are those that an ellipsis stands for.
    """
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operand):
        raise ExpressionError(f"expected {len(terms)} operands of einsum, got {len(operand)}")
    labels = [_labels(term, each.ndim) for term, each in zip(terms, operand, strict=True)]
    every = [label for each in labels for label in each]
    dots = sorted({label for label in every if isinstance(label, int)})
    letters = {label for label in every if isinstance(label, str)}
    places: list[Label] = [*dots, *sorted(each for each in letters if every.count(each) == 1)]
    if arrow:
        places = _labels(output, len(output.replace("...", "")) + len(dots))
    extents: dict[Label, Expr] = {}
    for names, tensor in zip(labels, operand, strict=True):
        for name, extent in zip(names, tensor.shape, strict=True):
            extents[name] = _common(extents.get(name, extent), extent)
    summed = {
        label: te.reduce_axis((0, extents[label]), name=f"k{number}")
        for number, label in enumerate(dict.fromkeys(every))
        if label not in places
    }

    def element(*i: Expr) -> Expr:
        at: dict[Label, Expr] = {**summed, **dict(zip(places, i, strict=True))}
        factors = [
            tensor(*(_read(at[n], e, extents[n]) for n, e in zip(names, tensor.shape, strict=True)))
            for names, tensor in zip(labels, operand, strict=True)
        ]
        value = math.prod(factors[1:], start=factors[0])
        return te.sum(value, axis=list(summed.values())) if summed else value

    return te.compute(tuple(extents[label] for label in places), element, name="T_einsum")


def _labels(term: str, rank: int) -> list[Label]:
    """Return the letter of each axis; those of an ellipsis are counted from the last, -1."""
    before, _, after = term.partition("...")
    count = rank - len(before) - len(after)
    if "." in before + after or count < 0 or ("..." not in term and count):
        raise ExpressionError(f"expected letters for {rank} axes of einsum, got {term!r}")
    return [*before, *range(-count, 0), *after]


def _common(one: Expr, other: Expr) -> Expr:
    """Return the extent to which two are broadcast; a symbolic one may turn out to be 1."""
    if is_one(other) or equal(one, other):
        return one
    if isinstance(one, Const) and isinstance(other, Const) and not is_one(one):
        raise ExpressionError(f"expected equal extents for einsum, got {one} and {other}")
    return other if is_one(one) else te.maximum(one, other)


def _read(place: Expr, extent: Expr, common: Expr) -> Expr:
    """Return the index along an axis that is broadcast to a common extent."""
    if is_one(extent):
        return te.const(0, "int64")
    return place if equal(extent, common) else te.minimum(place, extent - 1)
