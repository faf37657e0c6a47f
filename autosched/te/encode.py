"""Encodes tensors as values for JSON: their meaning, and separately their names.

The meaning has no names: operations are numbered in topological order, axes by their position
in the operation, and sizes by their first occurrence. Equal nodes of one operation are written
once, even if they are different objects. The structural key of tensors is a hash of their
meaning; it does not depend on the process or the version of this package.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from autosched.errors import ExpressionError, a_kind
from autosched.ir import expr as e
from autosched.ir.traverse import postorder
from autosched.te.check import first_row
from autosched.te.dag import topological_order
from autosched.te.tensor import (
    ComputeOp,
    Operation,
    PlaceholderOp,
    Reduce,
    ScanOp,
    Tensor,
    TensorRead,
)

FORMAT = 1

Plain = Any


def encode(tensors: Sequence[Tensor]) -> tuple[dict[str, Plain], dict[str, Plain]]:
    """Return the meaning of the tensors and their names, both as values for JSON."""
    order = topological_order(tensors)
    numbers = {op: number for number, op in enumerate(order)}
    sizes: dict[e.Var, int] = {}
    ops = [_OperationEncoder(op, numbers, sizes).encoded() for op in order]
    meaning = {
        "format": FORMAT,
        "ops": ops,
        "sizes": [var.dtype.name for var in sizes],
        "tensors": [[numbers[tensor.op], tensor.value_index] for tensor in tensors],
    }
    names = {"ops": [_names(op) for op in order], "sizes": [var.name for var in sizes]}
    return meaning, names


def canonical_text(tensors: Sequence[Tensor]) -> str:
    """Return the meaning of the tensors as JSON without names; the order of tensors matters."""
    meaning, _ = encode(tensors)
    return json.dumps(meaning, separators=(",", ":"), sort_keys=True)


def key_of_text(text: str) -> str:
    """Return the structural key of a canonical text: 32 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


class _OperationEncoder:
    """Encodes one operation; `nodes` is its table of expressions, operands first."""

    def __init__(self, op: Operation, ops: dict[Operation, int], sizes: dict[e.Var, int]):
        self._op = op
        self._ops = ops
        self._sizes = sizes
        self._nodes: dict[tuple[Plain, ...], int] = {}
        self._places: dict[int, int] = {}
        self._local: dict[int, tuple[Plain, ...]] = {
            id(axis): ("axis", number) for number, axis in enumerate((*op.axis, *op.reduce_axis))
        }

    def encoded(self) -> dict[str, Plain]:
        op = self._op
        shape = self._expr_list(op.outputs[0].shape)
        if isinstance(op, PlaceholderOp):
            fields = {"dtype": op.outputs[0].dtype.name, "constant": op.constant}
        elif isinstance(op, ComputeOp):
            fields = self._compute(op)
        elif isinstance(op, ScanOp):
            fields = {
                "scan": [self._places_of(t) for t in (op.init, op.update, op.state_placeholder)]
            }
        else:
            raise ExpressionError(
                f"expected operations that can be stored and sent to a worker, got {op.name}, "
                "which functions outside compute",
                hint="tune what reads it as a workload of its own, with a placeholder in its place",
            )
        return {"shape": shape, **fields, "nodes": [list(node) for node in self._nodes]}

    def _places_of(self, tensors: Sequence[Tensor]) -> list[Plain]:
        return [[self._ops[tensor.op], tensor.value_index] for tensor in tensors]

    def _compute(self, op: ComputeOp) -> dict[str, Plain]:
        first = first_row(op.outputs[0])
        begun = {"first": first} if first else {}
        body = op.bodies[0]
        if not isinstance(body, Reduce):
            return {"bodies": self._expr_list(op.bodies), **begun}
        combiner = body.combiner
        for side, variables in (("left", combiner.left), ("right", combiner.right)):
            for number, var in enumerate(variables):
                self._local[id(var)] = (side, number)
        # The nodes enter the table in this order; the decoder relies on it.
        return begun | {
            "reduce": {
                "axes": [self._expr_list((axis.start, axis.extent)) for axis in body.axes],
                "sources": self._expr_list(body.sources),
                "condition": self._expr_list((body.condition,))[0],
                "initial": None if body.initial is None else self._expr_list(body.initial),
                "results": self._expr_list(combiner.results),
                "identities": self._expr_list(combiner.identities),
            }
        }

    def _expr_list(self, exprs: Sequence[e.Expr]) -> list[int]:
        for node in postorder(exprs):
            key = self._node(node)
            self._places[id(node)] = self._nodes.setdefault(key, len(self._nodes))
        return [self._places[id(expr)] for expr in exprs]

    def _node(self, node: e.Expr) -> tuple[Plain, ...]:
        place = self._places
        match node:
            case e.Var():
                return self._local.get(id(node)) or (
                    "size", self._sizes.setdefault(node, len(self._sizes))
                )  # fmt: skip
            case e.Const(value, dtype):
                return "Const", dtype.name, value.hex() if isinstance(value, float) else value
            case e.Cast(value, dtype):
                return "Cast", dtype.name, place[id(value)]
            case e.Binary(a, b, _):
                return type(node).__name__, place[id(a)], place[id(b)]
            case e.Not(a, _):
                return "Not", place[id(a)]
            case e.Select(condition, then, otherwise, _):
                return "Select", place[id(condition)], place[id(then)], place[id(otherwise)]
            case e.Call(name, args, _):
                return "Call", name, *(place[id(arg)] for arg in args)
            case TensorRead(tensor, indices, _):
                op = self._ops[tensor.op]
                return "Read", op, tensor.value_index, *(place[id(index)] for index in indices)
        raise TypeError(f"expected a node of a tensor expression, got {node!r}")


def _names(op: Operation) -> dict[str, Plain]:
    names: dict[str, Plain] = {"name": op.name}
    if not isinstance(op, ComputeOp | ScanOp):
        return names
    if isinstance(op, ComputeOp):
        names["axes"] = [axis.name for axis in (*op.axis, *op.reduce_axis)]
        body = op.bodies[0]
        if isinstance(body, Reduce):
            names["combiner"] = body.combiner.name
    if op.tag:
        names["tag"] = op.tag
    if op.attrs:
        names["attrs"] = {key: _plain(value, op) for key, value in op.attrs.items()}
    return names


def _plain(value: object, op: Operation) -> Plain:
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [_plain(item, op) for item in value]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, op) for key, item in value.items()}
    raise ExpressionError(
        f"expected attrs of plain values in {op.name}, got {a_kind(value)}",
        hint="strings, numbers, lists and dicts can be stored and sent to a worker",
    )
