"""Emits the values of linear forms; constants are added up here, variables by instructions."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.forms import IndexForm
from autosched.codegen.llvm.text import instructions as llvm
from autosched.ir.convert import wrap
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Expr

Terms = tuple[tuple[str, int], ...]

_NEAR = 1 << 62
"""Numbers below this do not wrap."""


def resolve(em: Emitter, form: IndexForm) -> tuple[int, Terms]:
    """Return the scalar part of a form: its constant, and its variable terms with coefficients."""
    if form.epoch != em.epoch:
        return _resolved(em, form)
    constant = form.constant
    env = em.env
    for var, coefficient in form.steps:
        constant += env[var] * coefficient  # type: ignore[index,operator]
    return constant if -_NEAR < constant < _NEAR else wrap(constant, INDEX), form.terms


def _resolved(em: Emitter, form: IndexForm) -> tuple[int, Terms]:
    """Resolve a form, and keep what unrolled loops do not change."""
    constant = form.constant
    terms: list[tuple[str, int]] = []
    steps: list[tuple[Expr, int]] = []
    is_lasting = True
    for atom, coefficient in form.atoms.items():
        value = em.env.get(atom)  # type: ignore[call-overload]
        if value is None:
            value = em.atom(atom)
            is_lasting = is_lasting and em.lasts(atom)
        if type(value) is str:
            terms.append((value, _in_width(coefficient)))
        else:
            constant += value * coefficient
            steps.append((atom, coefficient))
    if is_lasting:
        form.epoch, form.terms, form.steps, form.span = em.epoch, tuple(terms), tuple(steps), None
    return _in_width(constant), tuple(terms)


def _in_width(value: int) -> int:
    return value if -_NEAR < value < _NEAR else wrap(value, INDEX)


def total(em: Emitter, constant: int, terms: Terms) -> str:
    """Emit `constant + sum(terms)` as an operand."""
    result = ""
    if em.module.is_laid_out and len(terms) > 1:  # what varies in fewer loops first
        levels = em.levels
        terms = tuple(sorted(terms, key=lambda term: levels.get(term[0], len(levels))))
    for atom, coefficient in terms:
        if coefficient == 0:
            continue
        part = (
            atom if coefficient == 1 else em.once(llvm.binary("mul nsw", "i64", atom, coefficient))
        )
        result = em.once(llvm.binary("add nsw", "i64", result, part)) if result else part
    if not result:
        return str(constant)
    return em.once(llvm.binary("add nsw", "i64", result, constant)) if constant else result
