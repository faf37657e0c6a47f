"""Reads outside the bounds of a tensor.

An index must lie in [0, extent) of its dimension; negative indices do not count from the end.
An index computed from data, as in `A[idx[i]]`, is known only when the kernel is called:
`OutOfRange` selects what happens if it is outside.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from autosched.errors import ExpressionError
from autosched.ir import expr_text
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ir.node_types import register
from autosched.ir.traverse import walk
from autosched.te.tensor import TensorRead

OutOfRange = Literal["check", "clamp", "trust"]
"""Raise an error that names the tensor, the index and the extent; read the nearest element; or
read memory outside the tensor."""


@dataclass(slots=True, eq=False, repr=False)
class Inside(Expr):
    """An `index` from data that must lie within `extent`, dimension `dimension` of `tensor`.

    Schedules mark such indices, so that the requirement stays known if the tensor is inlined
    or its copy is read.
    """

    index: Expr
    extent: Expr
    tensor: str
    dimension: int
    dtype: DType


def check_option(bounds: object) -> None:
    """Raise ExpressionError unless `bounds` is a choice of `OutOfRange`."""
    if bounds not in get_args(OutOfRange):
        raise ExpressionError(f"expected bounds of 'check', 'clamp' or 'trust', got {bounds!r}")


def reads_data(value: Expr) -> bool:
    """Return whether the value of an index or a condition depends on the elements of a tensor."""
    return any(type(node) is TensorRead for node in walk(value))


register(
    Inside,
    lambda node: (node.index, node.extent),
    lambda node, new: Inside(new[0], new[1], node.tensor, node.dimension, node.dtype),
    lambda node: (node.tensor, node.dimension),
)
expr_text.register(Inside, lambda node: ["inside(", (node.index, expr_text.ANY), ")"])
