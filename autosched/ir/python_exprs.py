"""Writes expressions as Python source for the interpreter: a method for each type of node.

Integers and bools are Python's, floats are NumPy scalars of their own dtype. A vector expression
becomes the scalar expression of one lane, so that a lane that is not taken is never read. An
index is checked only if its range may leave the buffer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.errors import VerifyError, a_kind, not_offered
from autosched.ir import expr as e
from autosched.ir import python_scalars as scalars
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Expr, Var
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.node_types import TypeTable
from autosched.ir.python_source import Code, SourceWriter, across_lanes
from autosched.runtime.registry import scalar_of_c

_SIGNS: dict[type[Expr], str] = {
    e.Add: "+", e.Sub: "-", e.Mul: "*", e.Div: "/", e.FloorDiv: "//", e.FloorMod: "%",
    e.BitAnd: "&", e.BitOr: "|", e.BitXor: "^", e.Eq: "==", e.Ne: "!=", e.Lt: "<", e.Le: "<=",
    e.And: "&", e.Or: "|",
}  # fmt: skip


class ExprWriter(SourceWriter):
    """Writes each type of node of a loop nest."""

    def node(self, node: Expr, operands: list[Code]) -> Code:
        return _WRITERS[type(node)](self, node, operands)

    def unknown(self, node: Expr, operands: list[Code]) -> Code:
        raise VerifyError(f"expected a loop nest's expression, got {a_kind(node)}")

    def var(self, node: Var, operands: list[Code]) -> Code:
        if node not in self.names:
            raise VerifyError(f"expected variables bound by a loop or a size, got {node.name}")
        low, high = self.ranges[node]
        return Code(self.names[node], 0, low, high)

    def const(self, node: e.Const, operands: list[Code]) -> Code:
        if node.dtype.is_float:
            kind = scalars.float_type(node.dtype)
            return Code(self.constant(kind(node.value)))
        if node.dtype.is_bool:
            return Code(str(bool(node.value)))
        value = int(node.value)
        return Code(f"({value})" if value < 0 else str(value), 0, value, value)

    def binary(self, node: e.Binary, operands: list[Code]) -> Code:
        kind, dtype = type(node), node.dtype
        if dtype.is_integer and kind in (e.Add, e.Sub, e.Mul):
            return _ring(kind, *operands)
        a, b = (
            self.wrapped(code, operand.dtype)
            for code, operand in zip(operands, (node.a, node.b), strict=True)
        )
        text = f"({a.text} {_SIGNS[kind]} {b.text})"
        if dtype.is_integer and kind in (e.FloorDiv, e.FloorMod) and b.low <= 0 <= b.high:
            t = self.fresh("t")
            text = f"({a.text} {_SIGNS[kind]} {t} if ({t} := {b.text}) else 0)"
        made = self.made(dtype, text, [a, b])
        if dtype.is_integer:
            low, high = _range(kind, a, b, made)
            return Code(made.text, made.depth, low, high)
        return made

    def shift(self, node: e.Binary, operands: list[Code]) -> Code:
        a, b = (self.wrapped(code, node.dtype) for code in operands)
        name = "shift_left" if type(node) is e.ShiftLeft else "shift_right"
        made = self.made(node.dtype, f"{name}({a.text}, {b.text}, {node.dtype.bits})", [a, b])
        if name == "shift_right":
            return made
        edge = 1 << (2 * node.dtype.bits)
        return self.wrapped(Code(made.text, made.depth, -edge, edge), node.dtype)

    def extreme(self, node: e.Binary, operands: list[Code]) -> Code:
        a, b = (self.wrapped(code, node.dtype) for code in operands)
        sign = "<=" if type(node) is e.Min else ">="
        pick = min if type(node) is e.Min else max
        p, q = self.fresh("t"), self.fresh("t")
        nan = f" or {p} != {p}" if node.dtype.is_float else ""
        text = f"({p} if ({p} := {a.text}) {sign} ({q} := {b.text}){nan} else {q})"
        depth = 2 + max(a.depth, b.depth)
        return Code(text, depth, pick(a.low, b.low), pick(a.high, b.high))

    def not_(self, node: e.Not, operands: list[Code]) -> Code:
        return self.made(node.dtype, f"(not {operands[0].text})", operands)

    def cast(self, node: e.Cast, operands: list[Code]) -> Code:
        old, new = node.value.dtype, node.dtype
        value = self.wrapped(operands[0], old)
        if new.is_bool:
            return self.made(new, f"({value.text} != 0)", [value])
        if new.kind == "bfloat":
            return self.made(new, value.text, [value])
        if new.is_float:
            name = "from_int" if old.is_integer else scalars.float_type(new).__name__
            kind = f", {scalars.float_type(new).__name__}" if old.is_integer else ""
            return self.made(new, f"{name}({value.text}{kind})", [value])
        if old.is_float:
            low, high = new.min_value, new.max_value
            return self.made(new, f"truncate({value.text}, {low}, {high})", [value])
        if old.is_bool:
            return Code(f"int({value.text})", value.depth + 1, 0, 1)
        return self.wrapped(value, new)

    def select(self, node: e.Select, operands: list[Code]) -> Code:
        condition, then, otherwise = operands
        text = f"({then.text} if {condition.text} else {otherwise.text})"
        depth = 1 + max(operand.depth for operand in operands)
        low, high = min(then.low, otherwise.low), max(then.high, otherwise.high)
        return Code(text, depth, low, high)

    def call(self, node: e.Call, operands: list[Code]) -> Code:
        if across_lanes(node):
            return self._of_lanes(node)
        args = [
            self.wrapped(code, arg.dtype) for code, arg in zip(operands, node.args, strict=True)
        ]
        if node.name == "popcount":
            mask = (1 << node.dtype.bits) - 1
            return Code(f"({args[0].text} & {mask}).bit_count()", args[0].depth + 1, 0, 64)
        if node.name == "abs" and node.dtype.is_integer:
            far = max(abs(args[0].low), abs(args[0].high))
            return Code(f"abs({args[0].text})", args[0].depth + 1, 0, far)
        name = f"call_{node.name}"
        self.namespace[name] = INTRINSICS[node.name].meaning
        return self.made(node.dtype, f"{name}({', '.join(arg.text for arg in args)})", args)

    def outside_call(self, node: e.OutsideCall, operands: list[Code]) -> Code:
        if node.language != "c":
            raise not_offered(f"{node.function}, an intrinsic of LLVM, in the interpreter")
        args = [
            self.wrapped(code, arg.dtype) for code, arg in zip(operands, node.args, strict=True)
        ]
        name = f"outside_{node.function}"
        kinds = tuple(arg.dtype.name for arg in node.args)
        self.namespace[name] = scalar_of_c(node.function, kinds, node.dtype.name)
        return self.made(node.dtype, f"{name}({', '.join(arg.text for arg in args)})", args)

    def _of_lanes(self, node: e.Call) -> Code:
        outer, lanes = self.lane, node.args[0].dtype.lanes
        name = self.enter_lanes(lanes)
        held = self.outline(f"    return {self.clean(node.args[0]).text}")
        self.leave_lanes(outer)
        if node.name == "any_lane":
            return Code(f"any({held} for {name} in range({lanes}))", 3)
        called = f"call_{node.name}"
        self.namespace[called] = INTRINSICS[node.name].meaning
        text = f"{called}([{held} for {name} in range({lanes})])"
        if node.dtype.is_integer:
            text = f"wrap({text}, {int(node.dtype.min_value)}, {int(node.dtype.max_value)})"
        return self.made(node.dtype, text, [Code("", 3)])

    def ramp(self, node: e.Ramp, operands: list[Code]) -> Code:
        if self.lane is None or self.lane[1] != node.dtype.lanes:
            raise VerifyError(f"expected {node} where {node.dtype.lanes} lanes are computed")
        name, lanes = self.lane
        base, reach = operands[0], node.stride * (lanes - 1)
        text = f"({base.text} + {node.stride} * {name})"
        low, high = base.low + min(0, reach), base.high + max(0, reach)
        return Code(text, base.depth + 1, low, high)

    def broadcast(self, node: e.Broadcast, operands: list[Code]) -> Code:
        return operands[0]

    def load(self, node: e.Load, operands: list[Code]) -> Code:
        buffer = node.buffer
        indices = operands[: len(node.indices)]
        place, checks, at = self.place(buffer, node.indices, indices)
        text = f"{self.names[buffer]}[{place}]"
        if self.check_uninitialised and buffer in self.may_be_unset:
            t = self.fresh("t")
            failed = f"unset({self.site}, {buffer.name!r}, {at})"
            text = f"({t} if ({t} := {text}) is not None else {failed})"
        if checks:
            dims = "".join(f"{dim.text}, " for dim in self.dims[buffer])
            failed = f"outside({self.site}, {buffer.name!r}, {at}, ({dims}))"
            text = f"({text} if {checks} else {failed})"
        if node.mask is not None:
            zero = scalars.zero(buffer.dtype)
            text = f"({text} if {operands[-1].text} else {self.constant(zero)})"
        made = self.made(buffer.dtype, "", operands)
        return Code(text, made.depth + 4, made.low, made.high)

    def place(
        self, buffer: Buffer, exprs: tuple[Expr, ...], indices: list[Code]
    ) -> tuple[str, str, str]:
        """Return the flat offset, a check that the indices are inside, and the indices.

        After indices of 0 one may pass the end of its dimension, and go on in the next row.
        """
        if buffer not in self.names:
            raise VerifyError(f"expected parameters and allocated buffers, got {buffer.name}")
        offset, checks, at = "", list[str](), list[str]()
        rows: list[Code] = []
        for expr, index, dim in zip(exprs, indices, self.dims[buffer], strict=True):
            if expr.dtype.scalar is not INDEX:
                index = self.wrapped(index, expr.dtype)
            text = index.text
            if not (index.low >= 0 and index.high < dim.low):
                text = self.fresh("t")
                end = " * ".join(each.text for each in (*rows, dim))
                checks.append(f"(0 <= ({text} := {index.text}) < {end})")
            rows = [*rows, dim] if type(expr) is e.Const and expr.value == 0 else []
            at.append(text)
            offset = f"({offset}) * {dim.text} + {text}" if offset else text
        return offset or "0", " & ".join(checks), f"({', '.join(at)},)" if at else "()"


def _ring(kind: type[Expr], a: Code, b: Code) -> Code:
    """Write a sum, difference or product of operands that may be off by multiples of 2**width."""
    text = f"({a.text} {_SIGNS[kind]} {b.text})"
    depth = 1 + max(a.depth, b.depth)
    if kind is e.Add:
        return Code(text, depth, a.low + b.low, a.high + b.high)
    if kind is e.Sub:
        return Code(text, depth, a.low - b.high, a.high - b.low)
    corners = [x * y for x in (a.low, a.high) for y in (b.low, b.high)]
    return Code(text, depth, min(corners), max(corners))


def _range(kind: type[Expr], a: Code, b: Code, made: Code) -> tuple[int, int]:
    if kind is e.FloorDiv:
        if b.low > 0:
            return min(a.low // b.low, a.low // b.high), max(a.high // b.low, a.high // b.high)
        far = max(abs(a.low), abs(a.high))  # the least integer over -1 leaves its dtype
        return -far, far
    if kind is e.FloorMod and b.low > 0:
        return 0, b.high - 1
    return made.low, made.high


_WRITERS: TypeTable[Callable[[ExprWriter, Any, list[Code]], Code]] = TypeTable(
    {
        Var: ExprWriter.var, e.Const: ExprWriter.const, e.Binary: ExprWriter.binary,
        e.ShiftLeft: ExprWriter.shift, e.ShiftRight: ExprWriter.shift, e.Min: ExprWriter.extreme,
        e.Max: ExprWriter.extreme, e.Not: ExprWriter.not_, e.Cast: ExprWriter.cast,
        e.Select: ExprWriter.select, e.Call: ExprWriter.call,
        e.OutsideCall: ExprWriter.outside_call, e.Ramp: ExprWriter.ramp,
        e.Broadcast: ExprWriter.broadcast, e.Load: ExprWriter.load, object: ExprWriter.unknown,
    }
)  # fmt: skip
