"""What a value is computed by, as far as a pattern asks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add, Div, Mul, Pow
from autosched.graph.operators.operator import Operator

MOST_FACTORS = 8
"""Factors up to which a product is taken apart."""

MOST_STEPS = 10
"""Operators in a row that it is taken apart through."""


def made_by(
    value: Value | None, kind: type[Operator] | tuple[type[Operator], ...], builder: GraphBuilder
) -> Node | None:
    """The node of this kind that computes a value; None where another does."""
    node = builder.producer(value)
    return node if node is not None and isinstance(node.operator, kind) else None


def number(value: Value | None, builder: GraphBuilder) -> float | None:
    """The one element of a constant of floats."""
    array = None if value is None else builder.known(value)
    if array is None or array.size != 1 or array.dtype.kind != "f":
        return None
    return float(array.ravel()[0])


def is_close(value: float | None, wanted: float) -> bool:
    """Whether a number of a file is the one wanted, written with six digits or more."""
    return value is not None and bool(np.isclose(value, wanted, rtol=2e-6, atol=0))


def terms(value: Value, builder: GraphBuilder) -> Iterator[tuple[Value, Value]]:
    """The two values of a sum, in both orders; nothing for another value."""
    node = made_by(value, Add, builder)
    if node is not None:
        a, b = node.given
        yield from ((a, b), (b, a))


@dataclass(frozen=True)
class Product:
    """A number times some values."""

    scale: float
    values: tuple[Value, ...]

    def over(self, other: Product) -> Product:
        return Product(self.scale * other.scale, self.values + other.values)

    def is_of(self, scale: float, *values: Value) -> bool:
        """Whether it is this number times these values, in any order."""
        same = sorted(map(id, self.values)) == sorted(map(id, values))
        return same and is_close(self.scale, scale)


def product(
    value: Value, builder: GraphBuilder, atom: Value | None = None, steps: int = MOST_STEPS
) -> Product:
    """The value as a product, through multiplications, divisions by numbers and small powers.

    `atom` is not taken apart, nor what is more than `steps` operators away.
    """
    scale = number(value, builder)
    if scale is not None:
        return Product(scale, ())
    node = None if value is atom or not steps else builder.producer(value)
    if node is not None and isinstance(node.operator, Mul):
        a, b = (product(each, builder, atom, steps - 1) for each in node.given)
        if len(a.values) + len(b.values) <= MOST_FACTORS:
            return a.over(b)
    elif node is not None and isinstance(node.operator, Div):
        divisor = number(node.given[1], builder)
        if divisor:
            inner = product(node.given[0], builder, atom, steps - 1)
            return inner.over(Product(1 / divisor, ()))
    elif node is not None and isinstance(node.operator, Pow):
        exponent = number(node.given[1], builder)
        base = product(node.given[0], builder, atom, steps - 1)
        if exponent in (2.0, 3.0) and base.scale == 1.0 and len(base.values) == 1:
            return Product(1.0, base.values * int(exponent))
    return Product(1.0, (value,))


def of_node(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder, atom: Value | None = None
) -> Product | None:
    """The product that a node to be added computes; None where it computes none."""
    a, b = inputs[0], inputs[-1]
    if isinstance(node.operator, Mul) and a is not None and b is not None:
        return product(a, builder, atom).over(product(b, builder, atom))
    divisor = number(b, builder)
    if isinstance(node.operator, Div) and a is not None and divisor:
        return product(a, builder, atom).over(Product(1 / divisor, ()))
    return None


Gated = tuple[Value, float, Operator]
"""A value, a number, and the operator that such a number times the value and its gate is."""


def with_gates(graph: Graph, gated: Callable[[Value, GraphBuilder], Iterator[Gated]]) -> Graph:
    """The graph with products of a value and a gate of it as one operator.

    `gated` gives what a value may be the gate of.
    """

    def composed(
        node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
    ) -> Sequence[Value] | None:
        flat = of_node(node, inputs, builder)
        for gate in () if flat is None else flat.values:
            for x, scale, operator in gated(gate, builder):
                whole = of_node(node, inputs, builder, x)
                if x.type == node.outputs[0].type and whole and whole.is_of(scale, x, gate):
                    return builder.add(operator, x, name=node.name, outputs=[node.outputs[0].name])
        return None

    return rewrite(graph, composed, TypedBuilder(graph.name))
