"""Sums of products over axes."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Const, Expr
from autosched.ops.matmul import batch_matmul
from autosched.ops.matmul import matmul as product
from autosched.te.tensor import Tensor
from autosched.tvm.topi.utils import get_const_int, normalized


def matmul(a: Tensor, b: Tensor, transp_a: bool = False, transp_b: bool = False) -> Tensor:
    """The product of two matrices, each transposed if said so."""
    if a.ndim == 3:
        return batch_matmul(a, b, "T_matmul", None, transp_a, transp_b)
    return product(a, b, None, "T_matmul", transp_a, transp_b)


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
    """The sum of products that `subscripts` says, as in `numpy.einsum`, without ellipses."""
    inputs, _, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if "." in subscripts or [len(term) for term in terms] != [each.ndim for each in operand]:
        raise ExpressionError(
            f"expected a letter for each axis of the operands of einsum, got {subscripts!r}"
        )
    letters = "".join(terms)
    if "->" not in subscripts:
        output = "".join(sorted(each for each in set(letters) if letters.count(each) == 1))
    extents: dict[str, Expr] = {}
    for term, tensor in zip(terms, operand, strict=True):
        extents.update(zip(term, tensor.shape, strict=True))
    summed = {
        each: te.reduce_axis((0, extents[each]), name=each)
        for each in dict.fromkeys(letters)
        if each not in output
    }

    def element(*i: Expr) -> Expr:
        at: dict[str, Expr] = {**summed, **dict(zip(output, i, strict=True))}
        value: Expr | None = None
        for term, tensor in zip(terms, operand, strict=True):
            factor = tensor(*(at[each] for each in term))
            value = factor if value is None else value * factor
        assert value is not None, "there is an operand"
        return te.sum(value, axis=list(summed.values())) if summed else value

    return te.compute(tuple(extents[each] for each in output), element, name="T_einsum")
