"""Reads the text that `printer.text` writes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Graph, Node, Value
from autosched.graph.operators import OPERATORS
from autosched.graph.printer import WORD
from autosched.graph.types import Size, TensorType
from autosched.ir.dtype import DType, dtype

_TOKEN = re.compile(
    rf"""\s*(?:(?P<word>{WORD.pattern})|(?P<text>"(?:[^"\\]|\\.)*")"""
    r"|(?P<number>-?(?:\d+\.?\d*(?:e[+-]?\d+)?|inf))|(?P<sign>[(){}\[\]:,=@?]))"
)
_WORDS = {"True": True, "False": False, "None": None, "nan": float("nan"), "inf": float("inf")}


def parse(source: str, arrays: Mapping[str, np.ndarray] | None = None) -> Graph:
    """The graph of a text; `arrays` has the constants whose elements it does not show, by name.

    Raises GraphError where the text is no graph, with the line.
    """
    parser = _Parser(source, arrays or {})
    graph = parser.graph()
    parser.end()
    return graph


class _Parser:
    def __init__(self, source: str, arrays: Mapping[str, np.ndarray]):
        self._source = source.rstrip()
        self._arrays = arrays
        self._at = 0
        self._kind, self._token = "", ""
        self._next()

    def graph(self) -> Graph:
        self._expect("graph")
        name = self._name()
        values: dict[str, Value] = {}
        inputs = self._listed("(", ")", lambda: self._declared(values))
        constants: dict[Value, np.ndarray] = {}
        nodes: list[Node] = []
        self._expect("{")
        while self._token != "return" or self._kind == "text":
            results = [self._declared(values)]
            while self._skip(","):
                results.append(self._declared(values))
            self._expect("=")
            if self._token == "constant":
                self._next()
                constants[results[0]] = self._constant(results[0])
            else:
                nodes.append(self._node(results, values))
        self._expect("return")
        outputs = [self._used(values)]
        while self._skip(","):
            outputs.append(self._used(values))
        self._expect("}")
        return Graph(name, tuple(inputs), tuple(outputs), tuple(nodes), constants)

    def end(self) -> None:
        if self._kind:
            raise self._wrong("the end of the text")

    def _node(self, results: list[Value], values: dict[str, Value]) -> Node:
        kind = self._name()
        if kind not in OPERATORS:
            raise self._wrong(f"an operator, not {kind!r}, before this")
        given: list[Value | None] = []
        attributes: dict[str, Any] = {}

        def item() -> None:
            if self._token == "_" and self._kind == "word":
                self._next()
                given.append(None)
                return
            name = self._name()
            if self._skip("="):
                attributes[name] = self._attribute()
            elif name in values:
                given.append(values[name])
            else:
                raise self._wrong(f"a value that is computed before, not {name!r}, before this")

        self._listed("(", ")", item)
        name = self._name() if self._skip("@") else results[0].name
        while self._starts_a_graph():
            attribute = self._name()
            self._expect(":")
            attributes[attribute] = self.graph()
        for field in fields(OPERATORS[kind]):
            if field.name in attributes and not _is_of(attributes[field.name], str(field.type)):
                raise self._wrong(f"{field.type} as {field.name} of {kind}, before this")
        try:
            operator = OPERATORS[kind](**attributes)
        except TypeError:
            given_names = ", ".join(attributes)
            raise self._wrong(f"attributes of {kind}, not {given_names}, before this") from None
        return Node(operator, tuple(given), tuple(results), name)

    def _starts_a_graph(self) -> bool:
        """Whether what follows is `name: graph`, an attribute of the node before it."""
        rest = self._source[self._at :]
        return self._kind == "word" and re.match(r"\s*:\s*graph\b", rest) is not None

    def _declared(self, values: dict[str, Value]) -> Value:
        name = self._name()
        if name in values:
            raise self._wrong(f"another name than {name!r}, which is taken, before this")
        values[name] = Value(name, self._type() if self._skip(":") else None)
        return values[name]

    def _used(self, values: dict[str, Value]) -> Value:
        name = self._name()
        if name not in values:
            raise self._wrong(f"a value that is computed, not {name!r}, before this")
        return values[name]

    def _type(self) -> TensorType:
        element = dtype(self._name())
        return TensorType(element, tuple(self._listed("[", "]", self._size)))

    def _size(self) -> Size:
        if self._kind == "number" and self._token.isdigit():
            return int(self._take())
        return self._name()

    def _constant(self, value: Value) -> np.ndarray:
        if value.type is None or value.type.names:
            raise self._wrong(f"a type of the constant {value.name!r}, before this")
        if self._kind == "text":
            name = self._name()
            if name not in self._arrays:
                raise GraphError(f"expected the array of the constant {name!r}, got none")
            array = self._arrays[name]
        else:
            elements = self._listed("[", "]", self._attribute)
            if not all(isinstance(element, int | float) for element in elements):
                raise self._wrong(f"numbers as elements of {value.name!r}, before this")
            with np.errstate(over="ignore"):
                array = np.array(elements, value.type.dtype.numpy)
        if array.size != value.type.elements:
            raise GraphError(f"expected {value.type} for {value.name!r}, got {array.size} elements")
        return array.reshape(value.type.sizes)

    def _attribute(self) -> Any:
        if self._token == "[":
            return tuple(self._listed("[", "]", self._attribute))
        if self._kind == "number":
            token = self._take()
            return int(token) if token.lstrip("-").isdigit() else float(token)
        if self._kind == "text":
            return self._name()
        word = self._name()
        return _WORDS[word] if word in _WORDS else dtype(word)

    def _listed(self, opening: str, closing: str, item: Callable[[], Any]) -> list[Any]:
        self._expect(opening)
        found = []
        while self._token != closing or self._kind != "sign":
            found.append(item())
            if not self._skip(","):
                break
        self._expect(closing)
        return found

    def _name(self) -> str:
        if self._kind == "text":
            try:
                text = str(json.loads(self._token))
            except ValueError:
                raise self._wrong("a text") from None
            self._next()
            return text
        if self._kind == "word" or self._token == "?":
            return self._take()
        raise self._wrong("a name")

    def _take(self) -> str:
        token = self._token
        self._next()
        return token

    def _skip(self, token: str) -> bool:
        if self._token != token or self._kind == "text":
            return False
        self._next()
        return True

    def _expect(self, token: str) -> None:
        if not self._skip(token):
            raise self._wrong(token)

    def _next(self) -> None:
        match = _TOKEN.match(self._source, self._at)
        if match is None:
            if self._at < len(self._source):
                self._kind, self._token = "other", self._source[self._at :].split("\n")[0]
                raise self._wrong("a word, a number or a sign")
            self._kind, self._token = "", ""
            return
        self._kind, self._token = str(match.lastgroup), match[str(match.lastgroup)]
        self._at = match.end()

    def _wrong(self, wanted: str) -> GraphError:
        line = self._source.count("\n", 0, self._at) + 1
        found = self._token or "the end"
        return GraphError(f"expected {wanted} in line {line} of the graph, got {found!r}")


_TYPES: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "bool": (bool, int),
    "str": (str,),
    "DType": (DType,),
    "Graph": (Graph,),
    "None": (type(None),),
}
"""What an attribute may be, by the words of its annotation."""


def _is_of(value: Any, annotation: str) -> bool:
    """Whether a value is of one of the types of an attribute's annotation."""
    for kind in annotation.split(" | "):
        if not kind.startswith("tuple["):
            if isinstance(value, _TYPES[kind]) and (kind != "str" or not isinstance(value, DType)):
                return True
        elif isinstance(value, tuple):
            inner = kind.removeprefix("tuple[").removesuffix("]")
            if inner.endswith(", ..."):
                kinds = [inner.removesuffix(", ...")] * len(value)
            else:
                kinds = inner.split(", ")
            if len(kinds) == len(value) and all(map(_is_of, value, kinds)):
                return True
    return False
