"""Comparisons, logic and questions about numbers: results are bools."""

from __future__ import annotations

from autosched.frontend.torch.node import TorchNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.arithmetic import Cast
from autosched.graph.operators.operator import Operator
from autosched.ir.dtype import BOOL

_COMPARISONS: dict[str, tuple[type[Operator], bool, bool]] = {
    "eq": (ar.Equal, False, False), "ne": (ar.Equal, False, True),
    "lt": (ar.Less, False, False), "gt": (ar.Less, True, False),
    "le": (ar.LessEqual, False, False), "ge": (ar.LessEqual, True, False),
}  # fmt: skip
"""The operator, whether its operands are swapped, and whether its result is negated."""


@converts(*_COMPARISONS)
def _comparison(node: TorchNode) -> Value:
    operator, swaps, negates = _COMPARISONS[node.kind.split(".")[1]]
    common = node.common("self", "other")
    a, b = (node.operand(node[name], common) for name in ("self", "other"))
    made = node.emit(operator(), *((b, a) if swaps else (a, b)))
    return node.emit(ar.Not(), made) if negates else made


_LOGIC: dict[str, type[Operator]] = {
    "logical_and": ar.And, "logical_or": ar.Or, "logical_xor": ar.Xor, "logical_not": ar.Not,
}  # fmt: skip


@converts(*_LOGIC)
def _logic(node: TorchNode) -> Value:
    names = ("self",) if node.kind.startswith("aten.logical_not") else ("self", "other")
    operands = [node.operand(node[name], BOOL) for name in names]
    return node.emit(_LOGIC[node.kind.split(".")[1]](), *operands)


@converts("bitwise_not")
def _bitwise_not(node: TorchNode) -> Value:
    return node.emit(ar.Not() if node.dtype.is_bool else ar.BitNot(), node["self"])


@converts("isnan", "isinf", "isfinite")
def _is_special(node: TorchNode) -> Value:
    x, kind = node.value("self"), node.kind.split(".")[1]
    if not node.common("self").is_float:
        never = node.emit(ar.Xor(), *[node.operand(x, BOOL)] * 2)
        return node.emit(ar.Not(), never) if kind == "isfinite" else never
    found = []
    if kind != "isinf":
        found.append(node.emit(ar.IsNan(), x))
    if kind != "isnan":
        found.append(node.emit(ar.IsInf(), x))
    if kind == "isfinite":
        return node.emit(ar.Not(), node.emit(ar.Or(), *found))
    return found[0]


@converts("_to_copy", "to", "type_as", "prims::convert_element_type")
def _to(node: TorchNode) -> Value:
    name = "self" if "self" in node else "a"
    x = node.value(name)
    return x if node.common(name) is node.dtype else node.emit(Cast(node.dtype), x)
