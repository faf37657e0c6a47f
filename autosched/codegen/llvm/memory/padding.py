"""Emits the choice between a load and a constant, as in padding, without a branch.

If the condition fails, the load reads from the address of the constant instead.
"""

from __future__ import annotations

from collections.abc import Callable
from math import copysign
from typing import Any

from autosched.analysis.inequalities import conjuncts
from autosched.codegen.llvm.memory.access import masked_load, wide_load
from autosched.codegen.llvm.memory.address import form_of, pointer
from autosched.codegen.llvm.state.emitter import Emitter, Handler, stepwise
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import constant_array
from autosched.codegen.llvm.text.types import Value, memory_type
from autosched.codegen.llvm.values import choice
from autosched.codegen.llvm.values.arithmetic import both
from autosched.codegen.llvm.values.compare import decided
from autosched.codegen.llvm.values.linear import resolve
from autosched.ir.dtype import BOOL, DType
from autosched.ir.expr import Broadcast, Const, Expr, Load, Select
from autosched.ir.traverse import Steps

SHARED = 64
"""Elements that one choice of an address serves, such as the points of a row of an image."""


def select(em: Emitter, node: Select) -> Steps:
    """Emit a Select; yields the expressions whose values it needs."""
    found = em.module.paddings.get(node)
    if found is None:
        found = em.module.paddings[node] = _padding(em, node)
    if not found or em.mask is not True or found[1].buffer in em.tiles:
        return (yield from choice.select(em, node))
    constant, load, shared, lanes = found
    condition: Value = True
    for part in shared:
        condition = both(em, BOOL, condition, (yield (part,)))
    mask: Value = True
    for part in lanes:
        mask = both(em, part.dtype, mask, (yield (part,)))
    if condition is False or mask is False:
        return (yield (node.otherwise,))
    if condition is True and mask is True:
        return (yield (load,))
    if type(condition) is not str:
        return masked_load(em, load, mask)
    return _load_or(em, condition, load, address_of(em, constant, node.dtype), mask)


def _padding(em: Emitter, node: Select) -> tuple[Const, Load, list[Expr], list[Expr]] | tuple[()]:
    """Return the constant, the load and the parts of the condition of a choice of this kind."""
    constant, load = _constant(node.otherwise), node.then
    if constant is None or type(load) is not Load or not _plain(em, load):
        return ()
    shared, lanes = _parted(node.condition)
    if lanes and not _is_masked(constant):
        return ()
    return constant, load, shared, lanes


def _parted(condition: Expr) -> tuple[list[Expr], list[Expr]]:
    """Return the parts of a condition that all lanes share, and those by lane."""
    if condition.dtype.lanes == 1:
        return [condition], []
    parts = list(conjuncts(condition))
    shared = [part.value for part in parts if type(part) is Broadcast]
    return shared, [part for part in parts if type(part) is not Broadcast]


def _constant(expr: Expr) -> Const | None:
    value = expr.value if type(expr) is Broadcast else expr
    return value if type(value) is Const and not value.dtype.is_bool else None


def _is_masked(constant: Const) -> bool:
    """Tell whether lanes outside of a mask are this constant: zero, and not the negative one."""
    return constant.value == 0 and copysign(1.0, constant.value) > 0


def _plain(em: Emitter, load: Load) -> bool:
    """Tell whether a load reads neighbouring elements, and its address is always computable."""
    if load.mask is not None or any(map(em.module.facts.reads_memory, load.indices)):
        return False
    form = form_of(em, load)
    return not form.vectors and (load.dtype.lanes == 1 or form.lane_stride == 1)


def _load_or(em: Emitter, condition: str, node: Load, otherwise: str, mask: Value) -> str:
    form = form_of(em, node)
    constant, terms = resolve(em, form)
    step = constant % SHARED
    first = pointer(em, node.buffer, form, constant - step, terms, False)
    chosen = em.once(llvm.select("i1", condition, "ptr", first, otherwise))
    if step:
        chosen = em.once(llvm.element(memory_type(node.buffer.dtype), chosen, step))
    key = chosen, node.dtype, em.versions.get(node.buffer), mask
    known = em.cache.get(key)
    if known is None:
        known = em.cache[key] = wide_load(em, node.dtype, chosen, node.dtype.bytes, mask)
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


_undecided = stepwise(select)


def choose(em: Emitter, node: Select) -> Value:
    """Emit a Select, or at once the value that the steps of unrolled loops choose.

    A value by the number of a step, as a row of a matrix, is a Select inside another one for each.
    """
    taken = decided(em, node.condition)
    if taken is None:
        value: Value = _undecided(em, node)
        return value
    with em.passing(always=True):
        chosen: Expr = node
        while type(chosen) is Select and (taken := decided(em, chosen.condition)) is not None:
            for early in em.before(chosen):
                em.value(early)
            if em.scope is not None:
                em.scope = em.scope.branch(chosen, taken)
            chosen = chosen.then if taken else chosen.otherwise
        return em.value(chosen)


HANDLERS: dict[type, Handler] = {Select: choose}
STEPS: dict[type, Callable[[Emitter, Any], Steps]] = {Select: select}
