"""What reading a tensor outside of its bounds means.

An index has values from 0 to below the extent of its dimension; a negative one does not
count from the end. An index that is computed from data, as in `A[idx[i]]`, may be anything
when the kernel is called: `OutOfRange` says what happens then.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from autosched.errors import ExpressionError
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr
from autosched.ir.node_types import register
from autosched.ir.traverse import walk
from autosched.te.tensor import TensorRead

OutOfRange = Literal["check", "clamp", "trust"]
"""An error of the call that names the tensor, the index and the extent; a read of the nearest
element; or a read of whatever memory lies there."""


@dataclass(slots=True, eq=False, repr=False)
class Inside(Expr):
    """`index`, from data, which has to be within the `extent` of a dimension of a tensor.

    Schedules mark such indices, so that what is meant to be inside of what stays known where
    the tensor is inlined or another one is read in its place.
    """

    index: Expr
    extent: Expr
    tensor: str
    dimension: int
    dtype: DType


def check_option(bounds: object) -> None:
    """Raise ExpressionError unless `bounds` is one of the choices of `OutOfRange`."""
    if bounds not in get_args(OutOfRange):
        raise ExpressionError(f"expected bounds of 'check', 'clamp' or 'trust', got {bounds!r}")


def reads_data(index: Expr) -> bool:
    """Whether the value of an index depends on what a tensor holds."""
    return any(type(node) is TensorRead for node in walk(index))


register(
    Inside,
    lambda node: (node.index, node.extent),
    lambda node, new: Inside(new[0], new[1], node.tensor, node.dimension, node.dtype),
    lambda node: (node.tensor, node.dimension),
)
