"""Reductions by one operation, and the places of extrema."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from autosched.frontend.stablehlo.node import HloNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import reduction as red
from autosched.graph.operators.operator import Operator
from autosched.ir.dtype import BOOL, INT32, DType

KINDS: dict[str, tuple[type[red.Reduction], Callable[[], Operator]]] = {
    "add": (red.Sum, ar.Add),
    "multiply": (red.Prod, ar.Mul),
    "maximum": (red.Max, ar.Maximum),
    "minimum": (red.Min, ar.Minimum),
    "or": (red.Max, ar.Maximum),
    "and": (red.Min, ar.Minimum),
}
"""What reduces by an operation, and the operation itself."""


def combining(node: HloNode) -> str:
    """The name of the one operation that the node's region combines two values by."""
    kind = only_operation(node)
    if kind not in KINDS:
        raise node.unsupported("a region of one addition, product, maximum, minimum, and, or")
    return kind


def only_operation(node: HloNode) -> str:
    """The name of the operation that the node's region is, applied to its two arguments in order.

    Those that commute may have them in the other order. "" for any other region.
    """
    body, arguments = node.body(), list(node.operation.regions[0].blocks[0].arguments)
    if len(body) != 1:
        return ""
    kind = str(body[0].operation.name.partition(".")[2])
    orders = (arguments, arguments[::-1]) if kind in KINDS else (arguments,)
    return kind if list(body[0].operation.operands) in orders else ""


def is_neutral(array: np.ndarray | None, kind: str, element: DType) -> bool:
    """Whether a starting value changes nothing."""
    neutral = {
        "add": 0,
        "multiply": 1,
        "or": 0,
        "and": 1,
        "maximum": element.min_value,
        "minimum": element.max_value,
    }[kind]
    if array is None or element.kind == "bfloat":
        return False
    return bool(array.item() == neutral)


@converts("reduce")
def _reduce(node: HloNode) -> Value | list[Value]:
    axes = node.numbers("dimensions")
    if len(node.inputs) == 4:
        return _place(node, axes)
    if len(node.inputs) != 2:
        raise node.unsupported("the reduction of one tensor")
    kind = combining(node)
    x, start = node.inputs
    element = node.type.dtype
    wide = INT32 if element.is_bool else element
    reduction, operator = KINDS[kind]
    made = x
    if axes:
        given = node.cast(x, wide)
        made = node.emit(reduction(keepdims=False), given, node.constant(axes))
    if not is_neutral(node.known(start), kind, BOOL if element.is_bool else element):
        made = node.emit(operator(), made, node.cast(start, wide))
    return node.cast(made, element)


def _place(node: HloNode, axes: list[int]) -> list[Value]:
    """The greatest or least elements and where they are, as `jax.numpy.argmax` spells it."""
    compares = [op.operation for op in node.body() if op.operation.name == "stablehlo.compare"]
    directions = [str(op.attributes["comparison_direction"]) for op in compares]
    if len(axes) != 1 or not directions or not any(w in directions[0] for w in ("GT", "LT")):
        raise node.unsupported("the places of extrema along one axis")
    x = node.inputs[0]
    is_most = "GT" in directions[0]
    reduction = red.Max if is_most else red.Min
    place = (red.ArgMax if is_most else red.ArgMin)(axes[0], keepdims=False)
    values = node.emit(reduction(keepdims=False), x, node.constant(axes))
    return [values, node.cast(node.emit(place, x), node.types[1].dtype)]
