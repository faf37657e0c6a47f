"""What reading a tensor outside of its bounds means.

An index has values from 0 to below the extent of its dimension; a negative one does not
count from the end. An index that is computed from data, as in `A[idx[i]]`, may be anything
when the kernel is called: `OutOfRange` says what happens then.
"""

from __future__ import annotations

from typing import Literal, get_args

from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.ir.visitor import walk
from autosched.te.operation import TensorRead

OutOfRange = Literal["check", "clamp", "trust"]
"""An error of the call that names the tensor, the index and the extent; a read of the nearest
element; or a read of whatever memory lies there."""


def check_option(bounds: object) -> None:
    """Raise ExpressionError for what is no way to treat an index outside of its tensor."""
    if bounds not in get_args(OutOfRange):
        raise ExpressionError(f"expected bounds of 'check', 'clamp' or 'trust', got {bounds!r}")


def reads_data(index: Expr) -> bool:
    """Whether the value of an index depends on what a tensor holds."""
    return any(type(node) is TensorRead for node in walk(index))
