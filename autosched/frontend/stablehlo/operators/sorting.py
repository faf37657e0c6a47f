"""Sorts by some of the operands, whose order the others follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.frontend.stablehlo.node import HloNode, converts, direction_of
from autosched.frontend.stablehlo.reading import array_of, mlir, type_of
from autosched.graph.graph import Value
from autosched.graph.operators.indexing import GatherElements, TopK


@converts("sort")
def _sort(node: HloNode) -> list[Value]:
    """NaN counts as the greatest number, and equal elements keep their order.

    With several keys each sort keeps the order that the less important ones made.
    """
    block = node.operation.regions[0].blocks[0]
    keys = _keys(list(block.operations)[-1].operation.operands[0])
    if not keys:
        raise node.unsupported("a comparison by the elements of operands one after another")
    axis, operands = node.number("dimension"), list(node.inputs)
    for key, is_rising in reversed(keys):
        by = operands[key]
        count = node.constant(node.shape(by)[axis])
        values, places = node.emit_all(TopK(axis, largest=not is_rising), by, count, count=2)
        operands = [
            values if number == key else node.emit(GatherElements(axis), other, places)
            for number, other in enumerate(operands)
        ]
    return operands


def _keys(answer: Any) -> list[tuple[int, bool]]:
    """The operands by which a sort compares, the first one first, and whether each rises.

    Of two keys it is `a < b or (a == b and ...)`. An empty list for any other comparison.
    """
    made = _maker(answer)
    if made is None:
        return []
    if made.name == "stablehlo.or":
        first, others = made.operands
        both = _maker(others)
        if both is None or both.name != "stablehlo.and":
            return []
        same, rest = both.operands
        key, later = _keys(first), _keys(rest)
        tie = _compared(_maker(same), ("EQ",))
        is_tie = len(key) == 1 and tie is not None and tie[0] == key[0][0]
        return [*key, *later] if is_tie and later else []
    found = _compared(made, ("LT", "GT"))
    return [] if found is None else [(found[0], (direction_of(made) == "LT") == found[1])]


def _compared(made: Any, directions: tuple[str, ...]) -> tuple[int, bool] | None:
    """The operand of which two elements are compared, and whether the earlier one is first."""
    if made is None or direction_of(made) not in directions:
        return None
    a, b = map(_argument, made.operands)
    if a is None or b is None or a // 2 != b // 2 or a == b:
        return None
    return a // 2, a < b


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
