"""Emits addresses: a base pointer for the variable part, computed once, and a constant offset."""

from __future__ import annotations

from math import gcd

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.forms import IndexForm, form_at
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import memory_type
from autosched.codegen.llvm.values.linear import Terms, total
from autosched.ir.expr import Address, Buffer, Load
from autosched.ir.stmt import Store


def form_of(em: Emitter, node: Load | Store | Address) -> IndexForm:
    """Return the form of the place that a node reads or writes, made at its first instance."""
    return em.module.forms.get(node) or form_at(node, em.module.forms)


def pointer(
    em: Emitter, buffer: Buffer, form: IndexForm, constant: int, terms: Terms, whole: bool
) -> str:
    """Emit the address of the element `constant + sum(terms)` of `buffer`.

    `whole` tells that the element is surely accessed, so that it is in the buffer.
    """
    kind = memory_type(buffer.dtype)
    base = em.pointers[buffer]
    # On a way that may leave the buffer, `inbounds` would make the address poison.
    bounds = "inbounds " if whole and constant >= 0 and _is_rising(em, form) else ""
    if terms:
        key = base, kind, terms, bounds, em.is_free
        known = em.cache.get(key)
        if known is None:
            known = em.cache[key] = _moved(em, kind, base, terms, bounds)
        base = known
    if constant == 0:
        return base
    return em.once(llvm.element("i8", base, constant * buffer.dtype.bytes, bounds))


def _moved(em: Emitter, kind: str, base: str, terms: Terms, bounds: str) -> str:
    """Emit the address that a base has in this iteration of the loops around."""
    moved = em.once(llvm.element(kind, base, total(em, 0, terms), bounds))
    # What has no level is emitted here, in a loop, as the pointers of steps that read anew.
    if em.module.is_laid_out and em.levels.get(moved, 1) and not em.is_free:
        moved = em.once(llvm.hidden(moved))
    return moved


def _is_rising(em: Emitter, form: IndexForm) -> bool:
    if form.rising is None:
        form.rising = all(
            coefficient > 0 and atom in em.naturals for atom, coefficient in form.atoms.items()
        )
    return form.rising


def alignment(em: Emitter, buffer: Buffer, constant: int, terms: Terms) -> int:
    """Return a power of two that divides the address, in bytes."""
    step = gcd(constant, *[coefficient for _, coefficient in terms])
    known = gcd(em.alignments[buffer], step * buffer.dtype.bytes)
    return known & -known
