"""Omit: terms of a reduction that change nothing are not computed.

A term that is chosen to be neutral, as the taps of a window beyond the edge of an image are, is no
operation where the choice falls on it. A choice that all lanes share becomes a condition of the
update:

    for r:                                          for r:
        unrolled z: vectorized c:                       if 1 <= y + r: unrolled z: vectorized c:
            C[z, c] += select(1 <= y + r          ->        if 1 <= z + r:
                and 1 <= z + r,                                 C[z, c] += A[y + r, z + r] * W[r, c]
                A[y + r, z + r] * W[r, c], 0)

`tighten` makes bounds of the loop over r of the first condition; the second one is decided where
both loops are written out. Scalar updates keep their choices, which LLVM vectorizes.
"""

from __future__ import annotations

from collections.abc import Collection, Container

from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.ir.build import and_, select
from autosched.ir.expr import Expr, Mul, Select, Var
from autosched.ir.rewrite import StmtMutator, replace_nodes
from autosched.ir.stmt import For, Function, If, LoopKind, Stmt, Store
from autosched.ir.traverse import free_vars
from autosched.ir.update import is_neutral, update
from autosched.target.target import Target


def omit(function: Function, target: Target) -> Function:
    """Make conditions of the choices between a product and nothing in vector updates."""
    return function.with_body(_Omit().stmt(function.body))


class _Omit(StmtMutator):
    def __init__(self) -> None:
        self.lanes: list[Var] = []

    def visit_for(self, stmt: For) -> Stmt:
        if stmt.kind is not LoopKind.VECTORIZED:
            return super().visit_for(stmt)
        self.lanes.append(stmt.var)
        new = super().visit_for(stmt)
        self.lanes.pop()
        return new

    def visit_store(self, stmt: Store) -> Stmt:
        shared = shared_conditions(stmt, self.lanes)
        term = _choice(stmt) if shared else None
        if term is None:
            return stmt
        rest = [part for part in conjuncts(term.condition) if part not in shared]
        value = select(and_(*rest), term.then, term.otherwise)
        return If(and_(*shared), replace_nodes(stmt, {term: value}))


def shared_conditions(store: Store, lanes: Collection[Var]) -> list[Expr]:
    """Return the conditions on which all lanes of a sum add a product, and nothing without."""
    term = _choice(store) if lanes and store.mask is None else None
    if term is None or type(term.then) is not Mul:
        return []
    if not is_neutral(type(store.value), term.otherwise):
        return []
    return [part for part in conjuncts(term.condition) if _is_shared(part, lanes)]


def _choice(store: Store) -> Select | None:
    """Return the choice that an update combines with what is there."""
    found = update(store)
    return found[1] if found is not None and type(found[1]) is Select else None


def _is_shared(condition: Expr, lanes: Container[Var]) -> bool:
    """Whether a condition compares indices and is the same for all lanes."""
    if nonnegative_forms(condition) is None:
        return False
    return not any(var in lanes for var in free_vars(condition))
