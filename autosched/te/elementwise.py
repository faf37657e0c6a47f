"""Arithmetic of whole tensors, as in `A + B` and `A * 2`, with NumPy's rules of broadcasting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir import build
from autosched.ir.expr import Const, Expr, Operand
from autosched.ir.structure import equal
from autosched.te.axis import Axis
from autosched.te.construct import compute
from autosched.te.tensor import Tensor, arithmetic_of_tensors

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
    shape = broadcast_shape(_NAMES[name], *shapes)
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


def broadcast_shape(operator: str, *shapes: Sequence[Expr]) -> tuple[Expr, ...]:
    """Return the shape to which all are broadcast: an extent of 1 counts for any extent.

    Raises ExpressionError if two known extents differ; of others that differ, the first counts.
    """
    found = []
    for place in range(-max(map(len, shapes)), 0):
        extents = [shape[place] for shape in shapes if -place <= len(shape)]
        large = [extent for extent in extents if not is_one(extent)] or extents[:1]
        known = [extent for extent in large if type(extent) is Const]
        if not all(equal(extent, known[0]) for extent in known):
            raise ExpressionError(
                f"expected shapes that broadcast for {operator}, got "
                + " and ".join(f"({', '.join(map(str, shape))})" for shape in shapes)
            )
        found.append(large[0])
    return tuple(found)


def is_one(extent: Expr) -> bool:
    """Whether an extent is the number 1, which is repeated to any other."""
    return type(extent) is Const and extent.value == 1
