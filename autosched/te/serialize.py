"""Converts tensors to JSON and back, to store workloads and send them to workers.

Reading runs no code; an invalid text raises `ExpressionError`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from autosched.errors import ExpressionError
from autosched.ir import expr as e
from autosched.ir.build import sub, wrap
from autosched.ir.dtype import BOOL, INDEX, DType, dtype
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.node_types import BINARIES
from autosched.te import tensor as te
from autosched.te.axis import Axis, AxisKind
from autosched.te.check import check_bodies
from autosched.te.encode import FORMAT, encode
from autosched.te.scan import scan

Plain = Any

_BINARIES = {kind.__name__: kind for kind in BINARIES}
_BROKEN = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError)
"""The errors that reading an invalid text may raise."""


def to_json(tensors: Sequence[te.Tensor]) -> str:
    """Return the tensors and all they need, with names, as one line of JSON."""
    meaning, names = encode(tensors)
    return json.dumps({**meaning, "names": names}, separators=(",", ":"), sort_keys=True)


def from_json(text: str) -> list[te.Tensor]:
    """Return new tensors equal to those that `to_json` wrote, with the same structural key."""
    try:
        document = json.loads(text)
        if document["format"] != FORMAT:
            raise ExpressionError(
                f"expected tensors in format {FORMAT}, got format {document['format']!r}",
                hint="they were written by another version of autosched",
            )
        return _decode(document)
    except _BROKEN as error:
        raise ExpressionError(
            f"expected tensors as te.serialize.to_json writes them, got a broken text: {error!r}"
        ) from error


def from_meaning(text: str) -> list[te.Tensor]:
    """Return the tensors of a `canonical_text`, with generated names."""
    try:
        document = json.loads(text)
        return _decode({**document, "names": _made_up_names(document)})
    except _BROKEN as error:
        raise ExpressionError(f"expected the meaning of tensors, got {error!r}") from error


def _made_up_names(document: dict[str, Plain]) -> dict[str, Plain]:
    ops = []
    for number, op in enumerate(document["ops"]):
        axes = len(op["shape"]) + len((op.get("reduce") or {}).get("axes", ()))
        names = [f"i{axis}" for axis in range(axes)]
        ops.append({"name": f"t{number}", "axes": names, "combiner": "combiner"})
    return {"ops": ops, "sizes": [f"n{number}" for number in range(len(document["sizes"]))]}


def _decode(document: dict[str, Plain]) -> list[te.Tensor]:
    names = document["names"]
    sizes = [
        e.Var(name, dtype(kind))
        for kind, name in zip(document["sizes"], names["sizes"], strict=True)
    ]
    ops: list[te.Operation] = []
    for encoded, name in zip(document["ops"], names["ops"], strict=True):
        ops.append(_OperationDecoder(encoded, name, ops, sizes).decoded())
    return [ops[op].outputs[value] for op, value in document["tensors"]]


class _OperationDecoder:
    """Decodes one operation. Its nodes are created as written, without folding."""

    def __init__(
        self,
        encoded: dict[str, Plain],
        names: dict[str, Plain],
        ops: Sequence[te.Operation],
        sizes: Sequence[e.Var],
    ):
        self._encoded = encoded
        self._names = names
        self._ops = ops
        self._sizes = sizes
        self._axes: list[Axis] = []
        self._sides: dict[str, list[e.Var]] = {"left": [], "right": []}
        self._made: list[e.Expr] = []

    def decoded(self) -> te.Operation:
        encoded, name = self._encoded, self._names["name"]
        shape = self._exprs(encoded["shape"])
        if "constant" in encoded:
            op: te.Operation = te.PlaceholderOp(name, bool(encoded["constant"]))
            dtypes = [dtype(encoded["dtype"])]
        elif "scan" in encoded:
            return self._scan(name)
        else:
            op = self._compute(name, shape)
            dtypes = [body.dtype for body in op.bodies]
        op.make_outputs(shape, dtypes)
        return op

    def _compute(self, name: str, shape: tuple[e.Expr, ...]) -> te.ComputeOp:
        reduce = self._encoded.get("reduce")
        ranges: list[tuple[e.Expr, ...]] = [(e.Const(0, INDEX), extent) for extent in shape]
        if "first" in self._encoded:
            first = int(self._encoded["first"])
            ranges[0] = (e.Const(first, INDEX), sub(shape[0], first))
        if reduce is not None:
            ranges += [self._exprs(pair) for pair in reduce["axes"]]
        for number, (start, extent) in enumerate(ranges):
            kind = AxisKind.DATA if number < len(shape) else AxisKind.REDUCE
            self._axes.append(Axis(self._names["axes"][number], INDEX, start, extent, kind))
        axes = tuple(self._axes[: len(shape)])
        bodies = self._exprs(self._encoded["bodies"]) if reduce is None else self._reduce(reduce)
        check_bodies(name, axes, bodies)
        return te.ComputeOp(name, axes, bodies, **self._tags())

    def _scan(self, name: str) -> te.Operation:
        init, update, state = (
            [self._ops[op].outputs[value] for op, value in part] for part in self._encoded["scan"]
        )
        made: Any = scan(init, update, state, name=name, **self._tags())
        op: te.Operation = (made[0] if isinstance(made, list) else made).op
        return op

    def _tags(self) -> dict[str, Plain]:
        return {"tag": self._names.get("tag", ""), "attrs": dict(self._names.get("attrs", {}))}

    def _reduce(self, encoded: dict[str, Plain]) -> tuple[e.Expr, ...]:
        sources = self._exprs(encoded["sources"])
        for side, letter in (("left", "x"), ("right", "y")):
            self._sides[side] += [
                e.Var(f"{letter}{number}", source.dtype) for number, source in enumerate(sources)
            ]
        condition = self._exprs([encoded["condition"]])[0]
        initial = None if encoded["initial"] is None else self._exprs(encoded["initial"])
        combiner = te.Combiner(
            self._names["combiner"],
            tuple(self._sides["left"]),
            tuple(self._sides["right"]),
            self._exprs(encoded["results"]),
            self._exprs(encoded["identities"]),
        )
        axes = tuple(axis for axis in self._axes if axis.kind is AxisKind.REDUCE)
        return tuple(
            te.Reduce(combiner, sources, axes, condition, number, source.dtype, initial)
            for number, source in enumerate(sources)
        )

    def _exprs(self, places: Sequence[int]) -> tuple[e.Expr, ...]:
        """Return the nodes at these positions of the table, which has operands first."""
        while len(self._made) <= max(places, default=-1):
            self._made.append(self._node(self._encoded["nodes"][len(self._made)]))
        return tuple(self._made[place] for place in places)

    def _node(self, encoded: Sequence[Plain]) -> e.Expr:
        kind, *fields = encoded
        match kind:
            case "size":
                return self._sizes[fields[0]]
            case "axis":
                return self._axes[fields[0]]
            case "left" | "right":
                return self._sides[kind][fields[0]]
            case "Const":
                return _constant(dtype(fields[0]), fields[1])
            case "Cast":
                return e.Cast(self._made[fields[1]], dtype(fields[0]))
            case "Call":
                args = tuple(self._made[place] for place in fields[1:])
                return e.Call(fields[0], args, INTRINSICS[fields[0]].result(args[0].dtype))
            case "Read":
                tensor = self._ops[fields[0]].outputs[fields[1]]
                return te.TensorRead(tensor, self._operands(fields[2:], tensor.ndim), tensor.dtype)
            case "Not":
                return e.Not(self._operands(fields, 1)[0], BOOL)
            case "Select":
                condition, then, otherwise = self._operands(fields, 3)
                return e.Select(condition, then, otherwise, then.dtype)
        binary = _BINARIES[kind]
        a, b = self._operands(fields, 2)
        return binary(a, b, BOOL if issubclass(binary, e.Compare) else a.dtype)

    def _operands(self, places: Sequence[int], count: int) -> tuple[e.Expr, ...]:
        if len(places) != count:
            raise ValueError(f"expected {count} operands, got {len(places)}")
        return tuple(self._made[place] for place in places)


def _constant(kind: DType, value: Plain) -> e.Const:
    if kind.is_float:
        return e.Const(float.fromhex(value), kind)
    return e.Const(bool(value) if kind.is_bool else wrap(int(value), kind), kind)
