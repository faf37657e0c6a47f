"""Expressions of a loop nest as C, and the helper functions that they call.

Integers wrap at their width, which a C compiler grants with `-fwrapv`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from autosched.errors import not_offered
from autosched.ir import expr as e
from autosched.ir.build import add, const, mul, strides_of
from autosched.ir.dtype import DType
from autosched.ir.expr import Buffer, Expr

_INFIX: dict[type[Expr], str] = {
    e.Add: "+", e.Sub: "-", e.Mul: "*", e.Div: "/", e.BitAnd: "&", e.BitOr: "|", e.BitXor: "^",
    e.Eq: "==", e.Ne: "!=", e.Lt: "<", e.Le: "<=", e.And: "&&", e.Or: "||",
    e.ShiftLeft: "<<", e.ShiftRight: ">>",
}  # fmt: skip

LIBRARY = {
    "exp", "exp2", "log", "log2", "log10", "log1p", "sin", "cos", "tan", "asin", "acos", "atan",
    "sinh", "cosh", "tanh", "asinh", "acosh", "atanh", "erf", "sqrt", "pow", "atan2", "fmod",
    "hypot", "nextafter", "copysign", "trunc", "floor", "ceil",
}  # fmt: skip
"""The functions that C has under the same name."""

_HELPERS = {
    e.FloorDiv: "{ return b == 0 ? 0 : a / b - (a % b != 0 && (a < 0) != (b < 0)); }",
    e.FloorMod: "{ return b == 0 ? 0 : a % b + (a % b != 0 && (a < 0) != (b < 0) ? b : 0); }",
    e.Min: "{ return a < b || a != a ? a : b; }",
    e.Max: "{ return a > b || a != a ? a : b; }",
}
"""Functions of two values; those of C differ for negative numbers, zeros and NaN."""


def c_type(dtype: DType) -> str:
    """Return the C type of a dtype. Raises NotOfferedError for one that C has not."""
    names = {"bool": "bool", "float16": "_Float16", "float32": "float", "float64": "double"}
    if dtype.lanes != 1 or dtype.kind == "bfloat":
        raise not_offered(f"C for the dtype {dtype}")
    return names.get(dtype.name) or f"{dtype.name}_t"


class ExpressionWriter:
    """Writes expressions; `helpers` are the definitions that they need, in order."""

    def __init__(self, name_of: Callable[[e.Var | Buffer], str]):
        self._name_of = name_of
        self.helpers: dict[str, None] = {}

    def text(self, node: Expr) -> str:
        """Return an expression as C, in parentheses if it is an operation."""
        match node:
            case e.Var():
                return self._name_of(node)
            case e.Const():
                return _constant(node)
            case e.Cast(value, dtype):
                return self._cast(self.text(value), value.dtype, dtype)
            case e.Not(a, _):
                return f"!{self.text(a)}"
            case e.Select(condition, then, otherwise, _):
                parts = map(self.text, (condition, then, otherwise))
                return "({} ? {} : {})".format(*parts)
            case e.Call(name, args, dtype):
                return self._call(name, [self.text(arg) for arg in args], dtype)
            case e.Load(buffer, indices, _, None):
                return self.element(buffer, indices)
            case e.Binary(a, b, dtype):
                return self._binary(node, self.text(a), self.text(b), dtype)
        raise not_offered(f"C for {node}")

    def element(self, buffer: Buffer, indices: tuple[Expr, ...]) -> str:
        """Return the element of a buffer as C."""
        place: Expr = const(0)
        for index, stride in zip(indices, strides_of(buffer), strict=True):
            place = add(place, mul(index, stride))
        return f"{self._name_of(buffer)}[{bare(self.text(place))}]"

    def _binary(self, node: e.Binary, a: str, b: str, dtype: DType) -> str:
        kind = type(node)
        if kind in (e.ShiftLeft, e.ShiftRight) and not _is_within(node.b, dtype.bits):
            raise not_offered("C for a shift by an amount that is not constant")
        if kind in _INFIX:
            return _narrowed(f"({a} {_INFIX[kind]} {b})", dtype)
        if dtype.is_float and kind is e.FloorDiv:
            return self._call("floor", [f"{a} / {b}"], dtype)
        if dtype.is_float and kind is e.FloorMod:
            return f"({a} - {b} * {self._call('floor', [f'{a} / {b}'], dtype)})"
        name = f"{kind.__name__.lower()}_{dtype}"
        kind_text = c_type(dtype)
        body = _HELPERS[kind]
        self._help(f"static inline {kind_text} {name}({kind_text} a, {kind_text} b) {body}")
        return f"{name}({a}, {b})"

    def _call(self, name: str, args: list[str], dtype: DType) -> str:
        given = ", ".join(args)
        suffix = "" if dtype.name == "float64" else "f"
        if name in LIBRARY:
            return _narrowed(f"{name}{suffix}({given})", dtype)
        if name == "round":
            return _narrowed(f"rint{suffix}({given})", dtype)
        if name == "rsqrt":
            return _narrowed(f"(1 / sqrt{suffix}({given}))", dtype)
        if name == "sigmoid":
            return _narrowed(f"(1 / (1 + exp{suffix}(-({given}))))", dtype)
        if name == "abs" and dtype.is_float:
            return _narrowed(f"fabs{suffix}({given})", dtype)
        if name == "abs":
            return _narrowed(f"({given} < 0 ? -{given} : {given})", dtype)
        if name == "isnan":
            return f"({given} != {given})"
        raise not_offered(f"C for the function {name}")

    def _cast(self, text: str, given: DType, wanted: DType) -> str:
        if wanted.is_bool:
            return f"({text} != 0)"
        kind = c_type(wanted)
        if not (given.is_float and wanted.is_integer):
            return f"({kind}){text}"
        name = f"{wanted}_of"
        low, high = int(wanted.min_value), int(wanted.max_value)
        self._help(
            f"static inline {kind} {name}(double x) {{ return x != x ? 0 : "
            f"x <= {float(low)!r} ? {_integer(low, wanted)} : "
            f"x >= {float(high)!r} ? {_integer(high, wanted)} : ({kind})x; }}"
        )
        return f"{name}({text})"

    def _help(self, definition: str) -> None:
        self.helpers[definition] = None


def bare(text: str) -> str:
    """Return an expression without the parentheses around all of it."""
    depth = 0
    for place, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if not depth:
            return text[1:-1] if place and place == len(text) - 1 else text
    return text


def _is_within(amount: Expr, bits: int) -> bool:
    return isinstance(amount, e.Const) and 0 <= amount.value < bits


def _narrowed(text: str, dtype: DType) -> str:
    """Return a value in its own type, where C computes in a wider one."""
    return f"({c_type(dtype)}){text}" if not dtype.is_bool and dtype.bits < 32 else text


def _constant(node: e.Const) -> str:
    if node.dtype.is_bool:
        return "true" if node.value else "false"
    if node.dtype.is_integer:
        return _integer(int(node.value), node.dtype)
    if math.isnan(node.value):
        return "NAN"
    if math.isinf(node.value):
        return "INFINITY" if node.value > 0 else "(-INFINITY)"
    text = repr(float(node.value))
    text = text if node.dtype.name == "float64" else f"{text}f"
    return f"({text})" if node.value < 0 else text


def _integer(value: int, dtype: DType) -> str:
    """Return a constant; the least one of a type cannot be written as such."""
    suffix = ("U" if dtype.kind == "uint" else "") + ("LL" if abs(value) >= 2**31 else "")
    if value == -(2**63):
        return f"({value + 1}LL - 1)"
    return f"({value}{suffix})" if value < 0 else f"{value}{suffix}"
