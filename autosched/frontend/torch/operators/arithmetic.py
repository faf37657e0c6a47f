"""Arithmetic of two operands, of which one may be a number."""

from __future__ import annotations

from typing import Any

from autosched.frontend.torch.node import TorchNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.operator import Operator
from autosched.ir.dtype import DType


@converts("add", "sub", "rsub")
def _sum(node: TorchNode) -> Value:
    a, b, factor = node["self"], node["other"], node["alpha"]
    if node.kind.startswith("aten.rsub"):
        a, b = b, a
        return node.compute(ar.Sub(), a, b if factor == 1 else node.compute(ar.Mul(), b, factor))
    if factor != 1:
        b = node.compute(ar.Mul(), b, factor)
    if node.kind.startswith("aten.sub"):
        return node.compute(ar.Sub(), a, b)
    return node.compute(ar.Or() if node.dtype.is_bool else ar.Add(), a, b)


@converts("mul")
def _mul(node: TorchNode) -> Value:
    operator = ar.And() if node.dtype.is_bool else ar.Mul()
    return node.compute(operator, node["self"], node["other"])


@converts("div", "true_divide", "floor_divide")
def _div(node: TorchNode) -> Value:
    floors = node.kind.startswith("aten.floor_divide")
    mode = "floor" if floors else node.get("rounding_mode")
    a, b = node["self"], node["other"]
    if mode is None:
        return node.compute(ar.Div(), a, b)
    wide = node.wide
    x, y = node.operand(a, wide), node.operand(b, wide)
    if wide.is_integer:
        if mode == "floor":
            x = node.emit(ar.Sub(), x, node.emit(ar.Mod(), x, y))
        return node.cast(node.emit(ar.Div(), x, y), wide)
    quotient = node.emit(ar.Div(), x, y)
    if mode == "floor":
        return node.cast(node.emit(ar.Floor(), quotient), wide)
    return node.cast(truncated(node, quotient, wide), wide)


def truncated(node: TorchNode, x: Value, element: DType) -> Value:
    """A float without what is behind its point."""
    below = node.emit(ar.Less(), x, node.constant(0, element))
    return node.emit(ar.Where(), below, node.emit(ar.Ceil(), x), node.emit(ar.Floor(), x))


@converts("remainder", "fmod")
def _remainder(node: TorchNode) -> Value:
    operator = ar.Mod() if node.kind.startswith("aten.remainder") else ar.Fmod()
    return node.compute(operator, node["self"], node["other"])


_BINARY: dict[str, type[Operator]] = {
    "maximum": ar.Maximum, "minimum": ar.Minimum, "bitwise_and": ar.BitAnd,
    "bitwise_or": ar.BitOr, "bitwise_xor": ar.BitXor, "bitwise_left_shift": ar.ShiftLeft,
    "bitwise_right_shift": ar.ShiftRight, "__and__": ar.BitAnd, "__or__": ar.BitOr,
    "__xor__": ar.BitXor, "__lshift__": ar.ShiftLeft, "__rshift__": ar.ShiftRight,
}  # fmt: skip
_OF_BOOLS: dict[type[Operator], type[Operator]] = {
    ar.BitAnd: ar.And, ar.BitOr: ar.Or, ar.BitXor: ar.Xor, ar.Maximum: ar.Or, ar.Minimum: ar.And,
}  # fmt: skip


@converts(*_BINARY, "max.other", "min.other")
def _binary(node: TorchNode) -> Value:
    name = {"max": "maximum", "min": "minimum"}.get(kind := node.kind.split(".")[1], kind)
    operator = _BINARY[name]
    if node.dtype.is_bool:
        operator = _OF_BOOLS[operator]
    return node.compute(operator(), node["self"], node["other"])


@converts("pow", "square")
def _pow(node: TorchNode) -> Value:
    exponent: Any = 2 if node.kind.startswith("aten.square") else node["exponent"]
    known = None if isinstance(exponent, Value) else float(exponent)
    wide = node.wide
    x = node.operand(node["self"], wide)
    if known in (1.0, 2.0, 3.0):
        made = x
        for _ in range(int(known) - 1):
            made = node.emit(ar.Mul(), made, x)
        return node.cast(made, wide)
    if wide.is_float and known in (0.5, -0.5, -1.0):
        made = x if known == -1.0 else node.emit(ar.Sqrt(), x)
        return node.cast(node.emit(ar.Reciprocal(), made) if known < 0 else made, wide)
    return node.compute(ar.Pow(), x, exponent)


@converts("clamp", "clamp_min", "clamp_max", "hardtanh", "relu6")
def _clamp(node: TorchNode) -> Value:
    kind = node.kind.split(".")[1]
    low, high = node.get("min"), node.get("max")
    if kind in ("hardtanh", "relu6"):
        low, high = (0, 6) if kind == "relu6" else (node["min_val"], node["max_val"])
    if not isinstance(low, Value) and not isinstance(high, Value):
        return node.compute(ar.Clip(), node["self"], low, high)
    made = node["self"]
    made = made if low is None else node.compute(ar.Maximum(), made, low)
    return made if high is None else node.compute(ar.Minimum(), made, high)


@converts("where")
def _where(node: TorchNode) -> Value:
    element = node.dtype
    then, otherwise = (node.operand(node[name], element) for name in ("self", "other"))
    return node.emit(ar.Where(), node["condition"], then, otherwise)


@converts("masked_fill")
def _masked_fill(node: TorchNode) -> Value:
    filler = node.operand(node["value"], node.dtype)
    return node.emit(ar.Where(), node["mask"], filler, node["self"])


@converts("lerp")
def _lerp(node: TorchNode) -> Value:
    start = node["self"]
    reach = node.compute(ar.Sub(), node["end"], start)
    return node.compute(ar.Add(), start, node.compute(ar.Mul(), reach, node["weight"]))


@converts("atan2")
def _atan2(node: TorchNode) -> Value:
    return node.compute(ar.Atan2(), node["self"], node["other"])


@converts("addcmul", "addcdiv")
def _product_added(node: TorchNode) -> Value:
    operator = ar.Mul() if node.kind.startswith("aten.addcmul") else ar.Div()
    product = node.compute(operator, node["tensor1"], node["tensor2"])
    scaled = product if node["value"] == 1 else node.compute(ar.Mul(), product, node["value"])
    return node.compute(ar.Add(), node["self"], scaled)
