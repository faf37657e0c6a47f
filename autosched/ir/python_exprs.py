"""Python source of expressions, for the interpreter.

Integers and bools are Python's, floats are NumPy scalars of their own dtype, and a vector
expression is the scalar expression of one lane, so that a lane not taken is never read.
Each piece of source carries the range of its integer value: arithmetic wraps only where
the range leaves the dtype's, and an index is checked only where it may leave the buffer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from autosched.errors import VerifyError
from autosched.ir import expr as e
from autosched.ir import python_scalars as scalars
from autosched.ir.buffer import Buffer
from autosched.ir.dtype import INDEX, DType
from autosched.ir.expr import Expr, Var
from autosched.ir.intrinsics import INTRINSICS
from autosched.ir.node_types import NODE_TYPES
from autosched.ir.sharing import Scope, Sharing
from autosched.ir.traverse import Steps, recurse, walk

_NAME = re.compile(r"\b[vbdlx]\d+\b")
_DEEPEST = 25
"""Nested parentheses after which an expression moves into a function: Python allows 200."""

_SIGNS: dict[type[Expr], str] = {
    e.Add: "+", e.Sub: "-", e.Mul: "*", e.Div: "/", e.FloorDiv: "//", e.FloorMod: "%",
    e.BitAnd: "&", e.BitOr: "|", e.BitXor: "^", e.Eq: "==", e.Ne: "!=", e.Lt: "<", e.Le: "<=",
    e.And: "&", e.Or: "|",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Code:
    """Source of a value, how deep its parentheses nest, and the range of an integer."""

    text: str
    depth: int = 0
    low: int = 0
    high: int = 0


class ExprWriter:
    """Writes expressions; owns the names, the constants and the helper functions."""

    def __init__(self, check_uninitialised: bool) -> None:
        self.namespace: dict[str, Any] = dict(scalars.NAMESPACE)
        self.functions: list[str] = []
        self.scope: list[str] = []
        self.names: dict[Any, str] = {}
        self.ranges: dict[Var, tuple[int, int]] = {}
        self.dims: dict[Buffer, list[Code]] = {}
        self.may_be_unset: set[Buffer] = set()
        self.site = 0
        self._check_uninitialised = check_uninitialised
        self.lane: tuple[str, int] | None = None
        self._count = 0
        self._shared: set[Expr] = set()
        self._lines: list[str] = []
        self._done: dict[Expr, Code] = {}

    def fresh(self, letter: str) -> str:
        self._count += 1
        return f"{letter}{self._count}"

    def define(self, thing: Any, letter: str) -> str:
        """A new Python name for a variable or buffer, in scope from here on."""
        name = self.fresh(letter)
        self.names[thing] = name
        self.scope.append(name)
        return name

    def leave(self, mark: int) -> None:
        """Forget what was defined since the scope had `mark` names."""
        ended = set(self.scope[mark:])
        self.names = {thing: name for thing, name in self.names.items() if name not in ended}
        del self.scope[mark:]

    def constant(self, value: object) -> str:
        name = self.fresh("c")
        self.namespace[name] = value
        return name

    def outline(self, body: str) -> str:
        """A call of a new function with `body`, given all names in scope that it uses."""
        used = set(_NAME.findall(body))
        given = ", ".join(name for name in self.scope if name in used)
        name = self.fresh("h")
        self.functions.append(f"def {name}({given}):\n{body}\n")
        return f"{name}({given})"

    def enter_lanes(self, lanes: int) -> str:
        """Write what follows for one lane of `lanes`; the name of its number."""
        self.lane = (self.fresh("l"), lanes)
        self.scope.append(self.lane[0])
        return self.lane[0]

    def leave_lanes(self, outer: tuple[str, int] | None) -> None:
        """Go back to what was written before, `outer` being its lane."""
        assert self.lane is not None
        self.scope.remove(self.lane[0])
        self.lane = outer

    def clean(self, expr: Expr) -> Code:
        """The value of `expr`, within the range of its dtype."""
        return self._wrapped(self.write(expr), expr.dtype)

    def write(self, root: Expr) -> Code:
        """The value of `expr`; an integer may be off by a multiple of two to its width."""
        sharing = Sharing((root,), lambda choice: True, _reads_nothing, _operands)
        outer = self._shared, self._lines, self._done
        self._shared, self._lines, self._done = sharing.shared, [], {}
        mark = len(self.scope)
        code = self._after_lines(recurse(self._steps, root, sharing.scope), mark)
        self._shared, self._lines, self._done = outer
        return code

    def _steps(self, node: Expr, scope: Scope) -> Steps:
        if node in self._done:
            return self._done[node]
        if type(node) is e.Select:
            codes = yield from self._choice(node, scope)
        else:
            codes = []
            for operand in _operands(node):
                codes.append((yield operand, scope))
        code = self._node(node, codes)
        if code.depth > _DEEPEST:
            code = self._outlined(code)
        if node in self._shared:
            code, name = self._wrapped(code, node.dtype), self.fresh("x")
            self._lines.append(f"    {name} = {code.text}")
            self.scope.append(name)
            code = Code(name, 0, code.low, code.high)
        self._done[node] = code
        return code

    def _choice(self, node: e.Select, scope: Scope) -> Steps:
        """The condition and the branches; what is shared in a branch alone is computed there."""
        codes = [(yield node.condition, scope)]
        for shared in scope.before(node):
            yield shared, scope
        for taken, branch in ((True, node.then), (False, node.otherwise)):
            outer, self._lines = self._lines, []
            mark, known = len(self.scope), len(self._done)
            code = yield branch, scope.branch(node, taken)
            codes.append(self._after_lines(code, mark))
            self._lines = outer
            while len(self._done) > known:
                self._done.popitem()
        return codes

    def _after_lines(self, code: Code, mark: int) -> Code:
        """`code` with the lines before it, whose names are those of the scope from `mark` on."""
        del self.scope[mark:]
        return self._outlined(code, self._lines) if self._lines else code

    def _outlined(self, code: Code, lines: Sequence[str] = ()) -> Code:
        text = self.outline("\n".join([*lines, f"    return {code.text}"]))
        return Code(text, 1, code.low, code.high)

    def _node(self, node: Expr, operands: list[Code]) -> Code:
        for kind in type(node).__mro__:
            if kind in _WRITERS:
                return _WRITERS[kind](self, node, operands)
        raise VerifyError(f"expected a loop nest's expression, got a {type(node).__name__}")

    def _wrapped(self, code: Code, dtype: DType) -> Code:
        if not dtype.is_integer:
            return code
        low, high = int(dtype.min_value), int(dtype.max_value)
        if low <= code.low and code.high <= high:
            return code
        t = self.fresh("t")
        text = f"({t} if {low} <= ({t} := {code.text}) <= {high} else wrap({t}, {low}, {high}))"
        return Code(text, code.depth + 2, low, high)

    def _made(self, dtype: DType, text: str, operands: list[Code]) -> Code:
        """A value of `dtype` of any size; floats of 16 bits that NumPy lacks are rounded."""
        if dtype.kind == "bfloat":
            text = f"bfloat({text})"
        depth = 1 + max((operand.depth for operand in operands), default=0)
        if dtype.is_integer:
            return Code(text, depth, int(dtype.min_value), int(dtype.max_value))
        return Code(text, depth)

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
            self._wrapped(code, operand.dtype)
            for code, operand in zip(operands, (node.a, node.b), strict=True)
        )
        text = f"({a.text} {_SIGNS[kind]} {b.text})"
        if dtype.is_integer and kind in (e.FloorDiv, e.FloorMod) and b.low <= 0 <= b.high:
            t = self.fresh("t")
            text = f"({a.text} {_SIGNS[kind]} {t} if ({t} := {b.text}) else 0)"
        made = self._made(dtype, text, [a, b])
        if dtype.is_integer:
            low, high = _range(kind, a, b, made)
            return Code(made.text, made.depth, low, high)
        return made

    def shift(self, node: e.Binary, operands: list[Code]) -> Code:
        a, b = (self._wrapped(code, node.dtype) for code in operands)
        name = "shift_left" if type(node) is e.ShiftLeft else "shift_right"
        made = self._made(node.dtype, f"{name}({a.text}, {b.text}, {node.dtype.bits})", [a, b])
        if name == "shift_right":
            return made
        edge = 1 << (2 * node.dtype.bits)
        return self._wrapped(Code(made.text, made.depth, -edge, edge), node.dtype)

    def extreme(self, node: e.Binary, operands: list[Code]) -> Code:
        a, b = (self._wrapped(code, node.dtype) for code in operands)
        sign = "<=" if type(node) is e.Min else ">="
        pick = min if type(node) is e.Min else max
        p, q = self.fresh("t"), self.fresh("t")
        nan = f" or {p} != {p}" if node.dtype.is_float else ""
        text = f"({p} if ({p} := {a.text}) {sign} ({q} := {b.text}){nan} else {q})"
        depth = 2 + max(a.depth, b.depth)
        return Code(text, depth, pick(a.low, b.low), pick(a.high, b.high))

    def not_(self, node: e.Not, operands: list[Code]) -> Code:
        return self._made(node.dtype, f"(not {operands[0].text})", operands)

    def cast(self, node: e.Cast, operands: list[Code]) -> Code:
        old, new = node.value.dtype, node.dtype
        value = self._wrapped(operands[0], old)
        if new.is_bool:
            return self._made(new, f"({value.text} != 0)", [value])
        if new.kind == "bfloat":
            return self._made(new, value.text, [value])
        if new.is_float:
            name = "from_int" if old.is_integer else scalars.float_type(new).__name__
            kind = f", {scalars.float_type(new).__name__}" if old.is_integer else ""
            return self._made(new, f"{name}({value.text}{kind})", [value])
        if old.is_float:
            low, high = new.min_value, new.max_value
            return self._made(new, f"truncate({value.text}, {low}, {high})", [value])
        if old.is_bool:
            return Code(f"int({value.text})", value.depth + 1, 0, 1)
        return self._wrapped(value, new)

    def select(self, node: e.Select, operands: list[Code]) -> Code:
        condition, then, otherwise = operands
        text = f"({then.text} if {condition.text} else {otherwise.text})"
        depth = 1 + max(operand.depth for operand in operands)
        low, high = min(then.low, otherwise.low), max(then.high, otherwise.high)
        return Code(text, depth, low, high)

    def call(self, node: e.Call, operands: list[Code]) -> Code:
        if _across_lanes(node):
            return self._of_lanes(node)
        args = [
            self._wrapped(code, arg.dtype) for code, arg in zip(operands, node.args, strict=True)
        ]
        if node.name == "popcount":
            mask = (1 << node.dtype.bits) - 1
            return Code(f"({args[0].text} & {mask}).bit_count()", args[0].depth + 1, 0, 64)
        if node.name == "abs" and node.dtype.is_integer:
            far = max(abs(args[0].low), abs(args[0].high))
            return Code(f"abs({args[0].text})", args[0].depth + 1, 0, far)
        name = f"call_{node.name}"
        self.namespace[name] = INTRINSICS[node.name].meaning
        return self._made(node.dtype, f"{name}({', '.join(arg.text for arg in args)})", args)

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
        return self._made(node.dtype, text, [Code("", 3)])

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
        if self._check_uninitialised and buffer in self.may_be_unset:
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
        made = self._made(buffer.dtype, "", operands)
        return Code(text, made.depth + 4, made.low, made.high)

    def place(
        self, buffer: Buffer, exprs: tuple[Expr, ...], indices: list[Code]
    ) -> tuple[str, str, str]:
        """The flat offset, the check of the indices that must come first, and the indices."""
        if buffer not in self.names:
            raise VerifyError(f"expected parameters and allocated buffers, got {buffer.name}")
        offset, checks, at = "", [], []
        for expr, index, dim in zip(exprs, indices, self.dims[buffer], strict=True):
            if expr.dtype.scalar is not INDEX:
                index = self._wrapped(index, expr.dtype)
            text = index.text
            if not (index.low >= 0 and index.high < dim.low):
                text = self.fresh("t")
                checks.append(f"(0 <= ({text} := {index.text}) < {dim.text})")
            at.append(text)
            offset = f"({offset}) * {dim.text} + {text}" if offset else text
        return offset or "0", " & ".join(checks), f"({', '.join(at)},)" if at else "()"


def _operands(node: Expr) -> tuple[Expr, ...]:
    """The operands of a node that are written for the same lane."""
    return () if _across_lanes(node) else NODE_TYPES[type(node)].children(node)


def _reads_nothing(node: Expr) -> bool:
    return not any(type(inner) is e.Load for inner in walk(node))


def _ring(kind: type[Expr], a: Code, b: Code) -> Code:
    """Sums, differences and products are the same modulo two to the width, wrapped or not."""
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


def _across_lanes(node: Expr) -> bool:
    return type(node) is e.Call and node.name in INTRINSICS and INTRINSICS[node.name].across_lanes


_WRITERS: dict[type, Callable[[ExprWriter, Any, list[Code]], Code]] = {
    Var: ExprWriter.var,
    e.Const: ExprWriter.const,
    e.Binary: ExprWriter.binary,
    e.ShiftLeft: ExprWriter.shift,
    e.ShiftRight: ExprWriter.shift,
    e.Min: ExprWriter.extreme,
    e.Max: ExprWriter.extreme,
    e.Not: ExprWriter.not_,
    e.Cast: ExprWriter.cast,
    e.Select: ExprWriter.select,
    e.Call: ExprWriter.call,
    e.Ramp: ExprWriter.ramp,
    e.Broadcast: ExprWriter.broadcast,
    e.Load: ExprWriter.load,
}
