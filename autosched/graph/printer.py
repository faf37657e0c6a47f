"""The text of a graph, which `parse` reads again.

    graph net(x: float32[n, 3, 8, 8]) {
      w: float32[4, 3, 3, 3] = constant "w"
      axes: int64[1] = constant [1]
      y: float32[n, 4, 6, 6] = conv(x, w, strides=[1, 1])
      z = sum(y, axes)
      return z
    }

A constant of few elements stands in the text, any other is named. A name that is no plain word
stands in quotes, an input that is left out as `_`. A node's own name follows an `@` where it
is not that of its first output.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

import numpy as np

from autosched.graph.graph import Graph, Node, Value
from autosched.graph.types import TensorType
from autosched.ir.dtype import DType

WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
RESERVED = frozenset({"_", "constant", "graph", "return"})

MOST_SHOWN = 16
"""Elements of a constant that stands in the text."""


def text(graph: Graph) -> str:
    """The graph as text, without the elements of large constants."""
    return "\n".join(_lines(graph, "", named_constants(graph)))


def named_constants(graph: Graph) -> dict[Value, str]:
    """The constants that the text names, with the names, also those of inner graphs."""
    found: dict[Value, str] = {}
    taken: set[str] = set()
    for inner in graph.nested:
        for value, array in inner.constants.items():
            assert value.type is not None, "a constant has a type"
            if not is_shown(array, value.type):
                found[value] = next(name for name in _numbered(value.name) if name not in taken)
                taken.add(found[value])
    return found


def _numbered(name: str) -> Iterator[str]:
    yield name
    yield from (f"{name}.{number}" for number in count(1))


def is_shown(array: np.ndarray, type: TensorType) -> bool:
    """Whether the text has the elements of a constant: not those of bfloat16, which are bits."""
    return array.size <= MOST_SHOWN and type.dtype.kind != "bfloat"


def _lines(graph: Graph, indent: str, names: Mapping[Value, str]) -> Iterator[str]:
    inputs = ", ".join(map(_declared, graph.inputs))
    yield f"{indent}graph {_name(graph.name)}({inputs}) {{"
    for value, array in graph.constants.items():
        what = json.dumps(names[value]) if value in names else _elements(array)
        yield f"{indent}  {_declared(value)} = constant {what}"
    for node in graph.nodes:
        yield from node_lines(node, indent + "  ", names)
    yield f"{indent}  return {', '.join(_name(value.name) for value in graph.outputs)}"
    yield f"{indent}}}"


def node_lines(node: Node, indent: str, names: Mapping[Value, str]) -> Iterator[str]:
    """The lines of a node; `names` are those of constants, as `named_constants` gives them."""
    results = ", ".join(map(_declared, node.outputs))
    given = ["_" if value is None else _name(value.name) for value in node.inputs]
    graphs: list[tuple[str, Graph]] = []
    for name, value in node.operator.changed.items():
        if isinstance(value, Graph):
            graphs.append((name, value))
        else:
            given.append(f"{name}={_attribute(value)}")
    own = "" if node.name == node.outputs[0].name else f" @{_name(node.name)}"
    yield f"{indent}{results} = {node.operator.name}({', '.join(given)}){own}"
    for name, graph in graphs:
        first, *rest = _lines(graph, indent + "  ", names)
        yield f"{indent}  {name}: {first.strip()}"
        yield from rest


def _declared(value: Value) -> str:
    name = _name(value.name)
    return name if value.type is None else f"{name}: {_type(value.type)}"


def _type(type: TensorType) -> str:
    sizes = (str(size) if isinstance(size, int) else _name(size) for size in type.shape)
    return f"{type.dtype}[{', '.join(sizes)}]"


def _name(name: str) -> str:
    plain = WORD.fullmatch(name) and name not in RESERVED
    return name if plain else json.dumps(name)


def _elements(array: np.ndarray) -> str:
    return f"[{', '.join(_attribute(element) for element in array.reshape(-1).tolist())}]"


def _attribute(value: Any) -> str:
    if isinstance(value, DType):
        return str(value)
    if isinstance(value, tuple):
        return f"[{', '.join(map(_attribute, value))}]"
    if isinstance(value, str):
        return json.dumps(value)
    return repr(value)
