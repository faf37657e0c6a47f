"""Expressions, statements and buffers as values for JSON, and back.

Each node is written once, after the nodes it has, so that what is shared stays shared. Reading
makes nodes of the kinds below only, and runs no code.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir import expr as e
from autosched.ir import stmt as s
from autosched.ir.dtype import DType, dtype
from autosched.ir.node_types import BINARIES

Plain = Any

_KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        *BINARIES, e.Var, e.Const, e.Cast, e.Not, e.Select, e.Call, e.OutsideCall, e.Reinterpret,
        e.Buffer, e.Load, e.Address, e.Ramp, e.Broadcast, s.Block, s.For, s.If, s.Store,
        s.Allocate, s.CallExternal, s.IntrinsicCall,
    )
}  # fmt: skip


def to_plain(roots: Sequence[e.Expr | s.Stmt | e.Buffer | None]) -> Plain:
    """Return nodes as values for JSON. Raises ExpressionError for those of other kinds."""
    writer = _Writer()
    return {"roots": [writer.value(root) for root in roots], "nodes": writer.nodes}


def from_plain(document: Plain) -> list[Any]:
    """Return new nodes equal to those that `to_plain` wrote. Raises ExpressionError."""
    nodes: list[Any] = []
    try:
        for kind, *values in document["nodes"]:
            nodes.append(_KINDS[kind](*(_read(value, nodes) for value in values)))
        return [_read(value, nodes) for value in document["roots"]]
    except (LookupError, TypeError, ValueError) as error:
        raise ExpressionError(f"expected statements as JSON, got {error!r}") from error


class _Writer:
    def __init__(self) -> None:
        self.nodes: list[Plain] = []
        self._places: dict[int, int] = {}

    def value(self, value: object) -> Plain:
        if isinstance(value, DType):
            return ["dtype", value.name]
        if isinstance(value, s.LoopKind):
            return ["loop", value.name]
        if isinstance(value, float):
            return ["float", value.hex()]
        if value is None or isinstance(value, (bool, int, str)):
            return value
        if isinstance(value, tuple):
            return ["tuple", *map(self.value, value)]
        return ["node", self._node(value)]

    def _node(self, node: Any) -> int:
        if id(node) not in self._places:
            kind = type(node).__name__
            if _KINDS.get(kind) is not type(node):
                raise ExpressionError(f"expected a statement or an expression, got a {kind}")
            values = [self.value(getattr(node, field.name)) for field in fields(node)]
            self._places[id(node)] = len(self.nodes)
            self.nodes.append([kind, *values])
        return self._places[id(node)]


def _read(value: Plain, nodes: Sequence[Any]) -> Any:
    if not isinstance(value, list):
        return value
    kind, *rest = value
    match kind:
        case "tuple":
            return tuple(_read(each, nodes) for each in rest)
        case "dtype":
            return dtype(rest[0])
        case "loop":
            return s.LoopKind[rest[0]]
        case "float":
            return float.fromhex(rest[0])
        case "node":
            return nodes[rest[0]]
    raise ValueError(value)
