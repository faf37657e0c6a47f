"""Contractions of two operands as einsums, whose axes are letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod
from string import ascii_letters

from autosched.graph.graph import GraphBuilder, Node, Value
from autosched.graph.operators.contraction import Einsum, MatMul
from autosched.graph.passes.arrangement import Part, reshaped

Letters = Mapping[str, Sequence[Part]]


@dataclass(frozen=True)
class Spelled:
    """The axes of two operands and of their contraction, by letters."""

    terms: tuple[str, str]
    result: str


def spelled(node: Node | None) -> Spelled | None:
    """The subscripts of an einsum of two operands, or of a matmul as one; None for other nodes."""
    if node is None or any(value.type is None for value in node.given):
        return None
    operator, kinds = node.operator, [value.type for value in node.given if value.type]
    if isinstance(operator, Einsum) and len(kinds) == 2 and "." not in operator.equation:
        return _of_einsum(operator.equation)
    if not isinstance(operator, MatMul) or operator.out_dtype is not None:
        return None
    ranks = [kind.rank for kind in kinds]
    if min(ranks) < 2:
        return None
    outer = ascii_letters[: max(ranks) - 2]
    i, j, k = (ascii_letters[len(outer) + place] for place in range(3))
    a, b = (outer[len(outer) - rank + 2 :] for rank in ranks)
    a += k + i if operator.transpose_a else i + k
    b += j + k if operator.transpose_b else k + j
    return Spelled((a, b), outer + i + j)


def _of_einsum(equation: str) -> Spelled | None:
    left, arrow, result = equation.replace(" ", "").partition("->")
    a, b = left.split(",")
    if not arrow or any(len(set(term)) < len(term) for term in (a, b, result)):
        return None
    return Spelled((a, b), result)


def contracted(
    node: Node,
    terms: Sequence[str],
    operands: Sequence[Value],
    parts: Letters,
    order: Sequence[Part],
    builder: GraphBuilder,
) -> Value | None:
    """The contraction, whose letters are in `parts`, with its result in this order of parts.

    `parts` has the letters of the result; those of one point have no parts, and go. The others
    are summed. None where an operand would be left without axes.
    """
    free = iter(ascii_letters)
    names = {part: next(free) for part in order}
    summed = {letter: next(free) for letter in dict.fromkeys("".join(terms)) if letter not in parts}
    new_terms, values = [], []
    for term, value in zip(terms, operands, strict=True):
        kind = value.type
        if kind is None or kind.names:
            return None
        sizes: list[int] = []
        letters = ""
        for letter, size in zip(term, kind.sizes, strict=True):
            if letter not in parts:
                letters, sizes = letters + summed[letter], [*sizes, size]
            elif size == prod(part.size for part in parts[letter]):
                letters += "".join(names[part] for part in parts[letter])
                sizes += [part.size for part in parts[letter]]
        if not letters:
            return None
        new_terms.append(letters)
        values.append(reshaped(value, sizes, builder))
    result = "".join(names[part] for part in order)
    if not set(result) <= set("".join(new_terms)):
        return None
    equation = f"{','.join(new_terms)}->{result}"
    name = f"{node.outputs[0].name}.apart"
    return builder.add(Einsum(equation=equation), *values, name=node.name, outputs=[name])[0]
