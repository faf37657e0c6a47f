"""Comparisons; of vector indices without a vector of 64-bit numbers where one bound decides."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autosched.codegen.llvm.state.emitter import Emitter, Handler, Value
from autosched.codegen.llvm.state.forms import Form
from autosched.codegen.llvm.state.operands import difference
from autosched.codegen.llvm.text.types import lane_numbers, register_type
from autosched.codegen.llvm.values.arithmetic import opposite
from autosched.codegen.llvm.values.convert import computed_wide, widen
from autosched.codegen.llvm.values.lanes import splat
from autosched.codegen.llvm.values.linear import resolve, total
from autosched.ir import expr as e
from autosched.ir.dtype import FLOAT32, INT32

_FLOAT = {e.Eq: "oeq", e.Ne: "une", e.Lt: "olt", e.Le: "ole"}
_SIGNED = {e.Eq: "eq", e.Ne: "ne", e.Lt: "slt", e.Le: "sle"}
_UNSIGNED = {e.Eq: "eq", e.Ne: "ne", e.Lt: "ult", e.Le: "ule"}
_FOLD: dict[type, Callable[[Any, Any], bool]] = {
    e.Eq: operator.eq,
    e.Ne: operator.ne,
    e.Lt: operator.lt,
    e.Le: operator.le,
}


def compare(em: Emitter, node: e.Compare) -> Value:
    dtype = node.a.dtype
    kind = type(node)
    form = difference(node, em.module.forms)
    if form is not None:
        return _prefix(em, node, form)
    a, b = em.value(node.a), em.value(node.b)
    if type(a) is not str and type(b) is not str:
        return _FOLD[kind](a, b)
    if computed_wide(em, dtype):
        a, b = widen(em, a, dtype), widen(em, b, dtype)
        dtype = FLOAT32.with_lanes(dtype.lanes)
    operands = f"{register_type(dtype)} {em.text(a, dtype)}, {em.text(b, dtype)}"
    if dtype.is_float:
        return em.let(f"fcmp {_FLOAT[kind]} {operands}")
    names = _SIGNED if dtype.kind == "int" else _UNSIGNED
    return em.once(f"icmp {names[kind]} {operands}")


HANDLERS: dict[type, Handler] = {e.Compare: compare}


def _prefix(em: Emitter, node: e.Compare, form: Form) -> Value:
    """`scalar + lane_stride * lane < 0` (or `<= 0`): true of the first lanes, or of the last."""
    lanes = node.dtype.lanes
    constant, terms = resolve(em, form)
    constant -= type(node) is e.Le  # x <= 0 is x - 1 < 0 of integers
    if form.lane_stride == 0:
        if not terms:
            return constant < 0
        below = em.once(f"icmp slt i64 {total(em, constant, terms)}, 0")
        return splat(em, below, node.dtype)
    if form.lane_stride == 1:  # lane < -scalar
        return first_lanes(em, -constant, [(atom, -factor) for atom, factor in terms], lanes)
    unset = first_lanes(em, constant + 1, terms, lanes)  # not lane < scalar + 1
    return opposite(em, node.dtype, unset)


def first_lanes(em: Emitter, constant: int, terms: list[tuple[str, int]], lanes: int) -> Value:
    """The mask of the first `constant + sum(terms)` lanes."""
    numbers = lane_numbers(0, 1, lanes, 32)
    if not terms:
        if constant <= 0 or constant >= lanes:
            return constant > 0
        bits = ", ".join(f"i1 {'true' if lane < constant else 'false'}" for lane in range(lanes))
        return f"<{bits}>"
    em.module.declare("llvm.smax.i64", "i64", "i64", "i64")
    em.module.declare("llvm.smin.i64", "i64", "i64", "i64")
    count = total(em, constant, terms)
    floor = em.once(f"call i64 @llvm.smax.i64(i64 {count}, i64 0)")
    clamped = em.once(f"call i64 @llvm.smin.i64(i64 {floor}, i64 {lanes})")
    short = em.once(f"trunc i64 {clamped} to i32")
    vector = splat(em, short, INT32.with_lanes(lanes))
    return em.once(f"icmp ugt <{lanes} x i32> {vector}, {numbers}")
