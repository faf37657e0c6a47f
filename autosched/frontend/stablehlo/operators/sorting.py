"""Sorts by one operand, whose order the others follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.frontend.stablehlo.node import HloNode, converts, direction_of
from autosched.frontend.stablehlo.reading import array_of, mlir, type_of
from autosched.graph.graph import Value
from autosched.graph.operators.indexing import GatherElements, TopK


@converts("sort")
def _sort(node: HloNode) -> list[Value]:
    """NaN counts as the greatest number, and equal elements keep their order."""
    key, is_rising = _order(node)
    axis, by = node.number("dimension"), node.inputs[key]
    count = node.constant(node.shape(by)[axis])
    values, places = node.emit_all(TopK(axis, largest=not is_rising), by, count, count=2)
    return [
        values if number == key else node.emit(GatherElements(axis), other, places)
        for number, other in enumerate(node.inputs)
    ]


def _order(node: HloNode) -> tuple[int, bool]:
    """The operand by whose elements a sort compares, and whether it sorts from the least on.

    Raises GraphError for any other comparison.
    """
    block = node.operation.regions[0].blocks[0]
    answer = list(block.operations)[-1].operation.operands[0]
    made = _maker(answer)
    if made is not None and direction_of(made) in ("LT", "GT"):
        a, b = map(_argument, made.operands)
        if a is not None and b is not None and a // 2 == b // 2 and a != b:
            return a // 2, (direction_of(made) == "LT") == (a < b)
    raise node.unsupported("a comparison by the elements of one operand")


def _argument(value: Any) -> int | None:
    """The number of the argument that is compared, but that zeros are equal, and NaN are."""
    made = _maker(value)
    if made is None:
        return int(value.arg_number)
    if made.name != "stablehlo.select":
        return None
    condition, other, kept = made.operands
    number, asked = _argument(kept), _maker(condition)
    if number is None or asked is None or not direction_of(asked) or _constant(other) is None:
        return None
    left, right = asked.operands
    of_zero = direction_of(asked) == "EQ" and _constant(right) == 0
    of_nan = direction_of(asked) == "NE" and _argument(right) == number
    is_made_plain = (of_zero and _constant(other) == 0) or (of_nan and np.isnan(_constant(other)))
    return number if is_made_plain and _argument(left) == number else None


def _constant(value: Any) -> Any:
    """The number that a value is; None for one that is no constant."""
    made = _maker(value)
    if made is None or made.name != "stablehlo.constant":
        return None
    return array_of(made.attributes["value"], type_of(value.type)).item()


def _maker(value: Any) -> Any:
    """The operation that makes a value; None for an argument."""
    return None if isinstance(value.owner, mlir().Block) else value.owner.operation
