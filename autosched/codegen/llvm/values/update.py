"""Emits updates of reductions: the only float arithmetic that LLVM may reorder.

LLVM also reorders the operands of an operation that it may reorder, even if they do not allow it.
So the added value has a fence if LLVM could find arithmetic in it.
"""

from __future__ import annotations

from typing import Any

from autosched.codegen.llvm.state.both_sides import is_nothing
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text.types import Value, mangled
from autosched.codegen.llvm.values.arithmetic import floating, multiply_add
from autosched.codegen.llvm.values.lanes import REORDERED
from autosched.ir import expr as e
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Load
from autosched.ir.stmt import Store
from autosched.ir.traverse import postorder, walk

_INSTRUCTIONS: dict[type, str] = {e.Add: "fadd", e.Mul: "fmul"}
_WHOLE = frozenset((e.Select, e.Broadcast, e.Call, e.Cast, e.Min, e.Max, e.Const))


def stored_value(em: Emitter, node: Store) -> Value:
    """Emit the value that a store writes."""
    kind, dtype = type(node.value), node.value.dtype
    if kind not in _INSTRUCTIONS or not dtype.is_float or em.module.float_flags:
        return em.value(node.value)
    found = em.module.facts.update(node)
    if found is None:
        return em.value(node.value)
    place, added = found
    return _updated(em, kind, em.value(place), added)


def _updated(em: Emitter, kind: type[Expr], place: Value, added: Expr) -> Value:
    """Emit `added` combined into the value of a place, in the lanes that choose to."""
    dtype = added.dtype
    choices = em.module.facts.both_sides
    if type(added) is e.Select and added in choices and is_nothing(kind, added.otherwise):
        condition = em.value(choices[added])
        if type(condition) is not str:
            return _updated(em, kind, place, added.then) if condition else place
        return em.select(condition, dtype, _updated(em, kind, place, added.then), place)
    if kind is e.Add and type(added) is e.Mul:
        return multiply_add(em, added, place, dtype, REORDERED)
    b = em.value(added)
    if type(b) is str and not _is_whole(em, added):
        b = _fenced(em, b, dtype)
    return floating(em, _INSTRUCTIONS[kind], dtype, place, b, REORDERED)


def _is_whole(em: Emitter, expr: Expr) -> bool:
    """Tell whether LLVM sees `expr` as an opaque value, not as float operations to reorder."""
    if isinstance(expr, Load):
        return _is_one(em, expr)
    return all(_is_one(em, node) for node in postorder((expr,), _chosen))


def _is_one(em: Emitter, node: Expr) -> bool:
    return _is_far(em, node) if isinstance(node, Load) else type(node) in _WHOLE


def _is_far(em: Emitter, node: Load) -> bool:
    """Tell whether LLVM cannot forward a stored value to this load.

    It can do so from before the loop if all iterations load the same element.
    """
    if node.buffer not in em.written:
        return True
    if node.buffer in em.recent or em.kept is None:
        return False
    return any(inner is em.kept for index in node.indices for inner in walk(index))


def _chosen(expr: Any) -> tuple[Expr, ...]:
    """Return the values that `expr` may be, by a choice or in every lane."""
    if type(expr) is e.Select:
        return expr.then, expr.otherwise
    return (expr.value,) if type(expr) is e.Broadcast else ()


def _fenced(em: Emitter, value: str, dtype: DType) -> Value:
    if dtype.kind == "bfloat":  # an integer to LLVM
        return value
    # LLVM vectorizes no loop with a fence; the other one is a product with 1, opaque to it.
    name = "canonicalize" if em.is_free and dtype.bits >= 32 else "arithmetic.fence"
    return em.call(f"llvm.{name}.{mangled(dtype)}", dtype, (value, dtype))
