"""Arithmetic of whole tensors, as in `A + B` and `A * 2`, with NumPy's rules of broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir import build
from autosched.ir.expr import Const, Expr, Operand
from autosched.ir.structure import equal
from autosched.te.construct import compute
from autosched.te.tensor import Axis, Tensor, arithmetic_of_tensors

_NAMES = {
    "add": "add", "sub": "subtract", "mul": "multiply", "div": "divide", "floordiv": "floor_divide",
    "floormod": "mod", "power": "power", "shift_left": "left_shift", "shift_right": "right_shift",
    "bitand": "bitwise_and", "bitor": "bitwise_or", "bitxor": "bitwise_xor", "lt": "less",
    "le": "less_equal", "cast": "cast",
}  # fmt: skip


@arithmetic_of_tensors
def elementwise(name: str, left: Operand, right: Operand) -> Tensor:
    """Return the tensor of `build.<name>` of the elements of both operands.

    One operand at least is a tensor; the other may be an expression or a number. Dimensions are
    matched from the last on, and one of extent 1 is repeated. The tag of the operation is
    "broadcast" for two tensors and "elemwise" for one. Raises ExpressionError if two extents
    differ.
    """
    shapes = [tensor.shape for tensor in (left, right) if isinstance(tensor, Tensor)]
    shape = _broadcast(name, shapes)
    function = getattr(build, name)
    return compute(
        shape,
        lambda *axes: function(_element(left, axes), _element(right, axes)),
        name=_NAMES[name],
        tag="broadcast" if len(shapes) > 1 else "elemwise",
    )


def _element(operand: Operand, axes: tuple[Axis, ...]) -> Any:
    return broadcast_read(operand, axes) if isinstance(operand, Tensor) else operand


def broadcast_read(x: Tensor, place: Sequence[Expr]) -> Expr:
    """Return the element of `x` at a place of a shape to which `x` is broadcast."""
    own = place[len(place) - x.ndim :]
    indices = (0 if is_one(extent) else i for i, extent in zip(own, x.shape, strict=True))
    return x.read(tuple(indices))


def _broadcast(name: str, shapes: list[tuple[Expr, ...]]) -> tuple[Expr, ...]:
    if len(shapes) == 1:
        return shapes[0]
    found = []
    for one, two in zip_longest(*(reversed(shape) for shape in shapes)):
        if one is None or two is None or is_one(one) or is_one(two):
            found.append(two if one is None or (two is not None and is_one(one)) else one)
        elif equal(one, two) or not (type(one) is Const and type(two) is Const):
            found.append(one)
        else:
            raise ExpressionError(
                f"expected extents that are equal or 1 to {_NAMES[name]} tensors, "
                f"got {one} and {two}"
            )
    return tuple(reversed(found))


def is_one(extent: Expr) -> bool:
    """Whether an extent is the number 1, which is repeated to any other."""
    return type(extent) is Const and extent.value == 1
