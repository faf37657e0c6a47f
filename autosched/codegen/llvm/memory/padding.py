"""Emits the choice between a load and a constant, as in padding, without a branch.

If the condition fails, the load reads from the address of the constant instead.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autosched.codegen.llvm.memory.address import form_of, pointer
from autosched.codegen.llvm.state.emitter import Emitter, Handler, stepwise
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import constant_array
from autosched.codegen.llvm.text.types import memory_type
from autosched.codegen.llvm.values import choice
from autosched.codegen.llvm.values.linear import resolve
from autosched.ir.dtype import DType
from autosched.ir.expr import Broadcast, Const, Expr, Load, Select
from autosched.ir.traverse import Steps

SHARED = 64
"""Elements that one choice of an address serves, such as the points of a row of an image."""


def select(em: Emitter, node: Select) -> Steps:
    """Emit a Select; yields the expressions whose values it needs."""
    constant = _constant(node.otherwise)
    if constant is None or not _plain(em, node.then) or node.condition.dtype.lanes > 1:
        return (yield from choice.select(em, node))
    condition = yield (node.condition,)
    if type(condition) is not str:
        return (yield (node.then if condition else node.otherwise,))
    assert type(node.then) is Load
    return _load_or(em, condition, node.then, address_of(em, constant, node.dtype))


def _constant(expr: Expr) -> Const | None:
    value = expr.value if type(expr) is Broadcast else expr
    return value if type(value) is Const and not value.dtype.is_bool else None


def _plain(em: Emitter, expr: Expr) -> bool:
    """Tell whether `expr` is a load of neighbouring elements whose address is always computable."""
    if type(expr) is not Load or expr.mask is not None or em.mask is not True:
        return False
    if any(map(em.module.facts.reads_memory, expr.indices)):
        return False
    form = form_of(em, expr)
    return not form.vectors and (expr.dtype.lanes == 1 or form.lane_stride == 1)


def _load_or(em: Emitter, condition: str, node: Load, otherwise: str) -> str:
    form = form_of(em, node)
    constant, terms = resolve(em, form)
    step = constant % SHARED
    at = pointer(em, node.buffer, form, constant - step, terms, False)
    chosen = em.once(llvm.select("i1", condition, "ptr", at, otherwise))
    if step:
        chosen = em.once(llvm.element(memory_type(node.buffer.dtype), chosen, step))
    key = chosen, node.dtype, em.versions.get(node.buffer)
    known = em.cache.get(key)
    if known is None:
        loaded = llvm.load(memory_type(node.dtype), chosen, node.dtype.bytes)
        known = em.cache[key] = em.let(loaded)
    return known


def address_of(em: Emitter, constant: Const, dtype: DType) -> str:
    """Return the name of a global with `constant` in every lane from each shared element on."""
    kind = memory_type(dtype.scalar)
    value = em.text(constant.value, dtype.scalar)
    key = f"constant {dtype} {value}"
    if key not in em.module.declarations:
        name = em.module.unique("padding")
        elements = [value] * (SHARED + dtype.lanes)
        em.module.declarations[key] = constant_array(name, kind, elements, em.module.alignment)
    return em.module.declarations[key].split(" ", 1)[0]


HANDLERS: dict[type, Handler] = {Select: stepwise(select)}
STEPS: dict[type, Callable[[Emitter, Any], Steps]] = {Select: select}
