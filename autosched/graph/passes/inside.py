"""Constants that a graph inside a node reads go into it, so that it is compiled with them.

    y = if(c, x, w)    ->    y = if(c, x)        w is a constant in both branches

What a loop carries stays outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite, without_unused
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.control import Control


def inside(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _moved, TypedBuilder(graph.name))


def _moved(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    operator = node.operator
    if not isinstance(operator, Control):
        return None
    known = {
        place: value
        for place, value in enumerate(inputs)
        if place >= operator.first_kept and value is not None and builder.known(value) is not None
    }
    if not known:
        return None
    bodies = {
        name: _with_constants(body, operator.skipped, known, builder)
        for name, body in operator.bodies.items()
    }
    left = [value for place, value in enumerate(inputs) if place not in known]
    changed = replace(operator, **bodies)
    return builder.add(
        changed, *left, name=node.name, outputs=[value.name for value in node.outputs]
    )


def _with_constants(
    body: Graph, skip: int, known: Mapping[int, Value], outer: GraphBuilder
) -> Graph:
    """The graph with constants in place of the inputs for these places of the node's."""
    builder = GraphBuilder(body.name)
    new: dict[Value, Value] = {}
    for place, value in enumerate(body.inputs, skip):
        given = known.get(place)
        array = None if given is None else outer.known(given)
        if given is None or array is None:
            new[value] = builder.input(value.name, value.type)
        else:
            new[value] = builder.constant(array, value.name, given.type)
    for value, array in body.constants.items():
        new[value] = builder.constant(array, value.name, value.type)
    for node in body.nodes:
        made = builder.copy(node, [None if v is None else new[v] for v in node.inputs])
        new.update(zip(node.outputs, made, strict=True))
    return without_unused(builder.build([new[value] for value in body.outputs]))
