"""Emits comparisons; those of vector indices need no vector of 64-bit numbers if affine."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.state.forms import IndexForm, difference, order
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, lane_numbers
from autosched.codegen.llvm.values.arithmetic import opposite
from autosched.codegen.llvm.values.convert import computed_wide, widen
from autosched.codegen.llvm.values.lanes import splat
from autosched.codegen.llvm.values.linear import Terms, resolve, total
from autosched.codegen.llvm.values.ranges import natural_limit
from autosched.ir import expr as e
from autosched.ir.dtype import FLOAT32, INDEX, INT32

_FLOAT = {e.Eq: "oeq", e.Ne: "une", e.Lt: "olt", e.Le: "ole"}
_SIGNED = {e.Eq: "eq", e.Ne: "ne", e.Lt: "slt", e.Le: "sle"}
_UNSIGNED = {e.Eq: "eq", e.Ne: "ne", e.Lt: "ult", e.Le: "ule"}
_FOLD: dict[type, Callable[[Any, Any], bool]] = {
    e.Eq: operator.eq, e.Ne: operator.ne, e.Lt: operator.lt, e.Le: operator.le,
}  # fmt: skip

FAR = 1 << 60
"""Sums of indices below this do not wrap, nor do their differences."""


def compare(em: Emitter, node: e.Compare) -> Value:
    dtype = node.a.dtype
    kind = type(node)
    form = difference(node, em.module.forms)
    if form is not None:
        return _prefix(em, node, form)
    known = _ordered(em, node)
    if known is not None:
        return known
    a, b = em.value(node.a), em.value(node.b)
    if type(a) is not str and type(b) is not str:
        return _FOLD[kind](a, b)
    if computed_wide(em, dtype):
        a, b = widen(em, a, dtype), widen(em, b, dtype)
        dtype = FLOAT32.with_lanes(dtype.lanes)
    if dtype.is_float:
        return em.binary("fcmp " + _FLOAT[kind], dtype, a, b)
    names = _SIGNED if dtype.kind == "int" else _UNSIGNED
    return em.integer("icmp " + names[kind], dtype, a, b)


HANDLERS: dict[type, Handler] = {e.Compare: compare}


def decided(em: Emitter, condition: Any) -> bool | None:
    """Return the result of comparing the variable of an unrolled loop with a constant, else None.

    It takes no code.
    """
    fold = _FOLD.get(type(condition))
    if fold is None or type(condition.b) is not e.Const:
        return None
    value = em.env.get(condition.a)
    return fold(value, condition.b.value) if type(value) is int else None


def _ordered(em: Emitter, node: e.Compare) -> Value | None:
    """Emit `a < b` or `a <= b` of indices whose variables are bounded; None for others.

    The bounds decide most conditions of unrolled loops, such as `3 + rx < 9` for rx in 0..3.
    Others compare what varies, which steps share, with a constant.
    """
    form = order(node, em.module.forms)
    if form is None:
        return None
    constant, terms = resolve(em, form)
    span = form.span if form.epoch == em.epoch else None
    if span is None:
        span = form.span = _span(em, form)
        if span is None:
            return None
    constant -= type(node) is e.Le
    least, greatest = span
    if constant + greatest < 0 or constant + least >= 0:
        return constant + greatest < 0
    return em.integer("icmp slt", INDEX, total(em, 0, terms), -constant)


def _span(em: Emitter, form: IndexForm) -> tuple[int, int] | None:
    """Return bounds of the sum of what varies in a form; None where some part has none."""
    least = greatest = 0
    for atom, coefficient in form.atoms.items():
        if type(em.env.get(atom)) is int:  # type: ignore[call-overload]
            continue
        limit = natural_limit(em, atom)
        if limit is None:
            return None
        least += min(0, coefficient * limit)
        greatest += max(0, coefficient * limit)
    return (least, greatest) if max(-least, greatest) < FAR else None


def _prefix(em: Emitter, node: e.Compare, form: IndexForm) -> Value:
    """Emit `scalar + lane_stride * lane < 0` (or `<= 0`): true in the first or the last lanes."""
    lanes = node.dtype.lanes
    constant, terms = resolve(em, form)
    constant -= type(node) is e.Le  # x <= 0 is x - 1 < 0 of integers
    if form.lane_stride == 0:
        if not terms:
            return constant < 0
        below = em.integer("icmp slt", INDEX, total(em, constant, terms), 0)
        return splat(em, below, node.dtype)
    step = abs(form.lane_stride)
    parts = tuple((atom, factor // step) for atom, factor in terms)
    if form.lane_stride > 0:  # lane < -scalar / step
        return first_lanes(
            em, -(constant // step), tuple((a, -factor) for a, factor in parts), lanes
        )
    unset = first_lanes(em, constant // step + 1, parts, lanes)  # not lane < scalar / step + 1
    return opposite(em, node.dtype, unset)


def first_lanes(em: Emitter, constant: int, terms: Terms, lanes: int) -> Value:
    """Emit the mask of the first `constant + sum(terms)` lanes."""
    if not terms:
        if constant <= 0 or constant >= lanes:
            return constant > 0
        return llvm.first_bits(constant, lanes)
    count = total(em, constant, terms)
    for symbol, bound in (("llvm.smax.i64", 0), ("llvm.smin.i64", lanes)):
        count = em.once(em.called(symbol, "i64", ("i64", count), ("i64", bound)))
    narrow = INT32.with_lanes(lanes)
    vector = splat(em, em.once(llvm.convert("trunc", "i64", count, "i32")), narrow)
    return em.integer("icmp ugt", narrow, vector, lane_numbers(0, 1, lanes, 32))
