"""Tells whether a loop nest leaves nothing to LLVM that needs all its passes.

That is so of contractions, whose loops around a tile of sums in registers take nearly all time.
Loops of scalars are left to LLVM: it vectorizes and unrolls them. So are conditions in the steps of
unrolled loops, except for the padding of copies: it decides them before the loops around, or joins
what they part. And so are nests with reductions of rows, such as attention, whose loops read what
others wrote.
"""

from __future__ import annotations

from collections.abc import Iterator

from autosched.codegen.llvm.state.facts import Facts, is_plain
from autosched.ir.expr import Broadcast, Const, Expr, Load, Max, Min, Mul, Select, Var
from autosched.ir.stmt import Allocate, For, If, LoopKind, Stmt, Store
from autosched.ir.structure import equal
from autosched.ir.traverse import child_stmts, free_vars, iter_stmts

FEW_SUMS = 8
"""The fewest vectors of a tile of sums: others are reductions of rows, for instance."""


def is_laid_out(stmt: Stmt, facts: Facts) -> bool:
    """Tell whether few of LLVM's passes do for the code of `stmt`."""
    return has_tile(stmt, facts) and not needs_all(stmt, facts)


def needs_all(stmt: Stmt, facts: Facts) -> bool:
    """Tell whether `stmt` leaves anything to LLVM that needs all its passes."""
    return _is_left(stmt, facts, frozenset()) or any(
        _finds_extreme(each, facts) for each in iter_stmts(stmt)
    )


def has_tile(stmt: Stmt, facts: Facts) -> bool:
    """Tell whether some loop adds products to a tile of sums that it does not allocate.

    The tile is the same in all steps. Sums that change with the loop lie in memory, and LLVM has
    to join the loads and stores of unrolled steps.
    """
    return any(
        type(loop) is For
        and loop.kind is LoopKind.SERIAL
        and sum(_products(loop.body, facts, loop.var)) >= FEW_SUMS
        for loop in iter_stmts(stmt)
    )


def _products(stmt: Stmt, facts: Facts, var: Var) -> Iterator[int]:
    """Yield how many vectors of local sums each store in a step of a loop adds products to.

    The loop over `var` does not change which ones.
    """
    if type(stmt) is Store:
        is_fixed = stmt.buffer.scope == "local" and not any(
            var in free_vars(index) for index in stmt.indices
        )
        found = facts.update(stmt) if is_fixed else None
        if found is not None and _is_product(found[1], facts):
            yield 1
    elif type(stmt) is not Allocate and (type(stmt) is not For or stmt.kind is LoopKind.UNROLLED):
        times = int(stmt.extent.value) if type(stmt) is For and type(stmt.extent) is Const else 1
        for child in child_stmts(stmt):
            yield from (times * count for count in _products(child, facts, var))


def _finds_extreme(stmt: Stmt, facts: Facts) -> bool:
    """Tell whether `stmt` updates the least or the greatest value of a reduction."""
    return type(stmt) is Store and type(stmt.value) in (Max, Min) and facts.update(stmt) is not None


def _is_product(term: Expr, facts: Facts) -> bool:
    """Tell whether `term` is a vector of products, and not of squares as in a norm of rows."""
    if type(term) is Select and term in facts.both_sides:
        term = term.then
    return type(term) is Mul and term.dtype.lanes > 1 and not equal(term.a, term.b)


def _is_left(stmt: Stmt, facts: Facts, unrolled: frozenset[Var]) -> bool:
    """Tell whether LLVM has to change `stmt`, a step of the loops over `unrolled`."""
    if unrolled and any(not unrolled.issuperset(free_vars(c)) for c in _conditions(stmt, facts)):
        return True
    if type(stmt) is For:
        if stmt.kind is LoopKind.UNROLLED:
            unrolled |= {stmt.var}
        elif is_plain(stmt.body):
            return True
    return any(_is_left(child, facts, unrolled) for child in child_stmts(stmt))


def _conditions(stmt: Stmt, facts: Facts) -> Iterator[Expr]:
    """Yield the scalar conditions of a statement that decide what it reads or writes.

    Padding where elements are copied, as into a packed operand, is none of them.
    """
    if type(stmt) is If:
        yield stmt.condition
    if type(stmt) is Store and stmt.mask is not None and stmt.mask.dtype.lanes == 1:
        yield stmt.mask
    for node in facts.nodes(stmt):
        if type(node) is not Select or node.condition.dtype.lanes > 1:
            continue
        if facts.is_guard(node) and not _is_padding(node):
            yield node.condition


def _is_padding(choice: Select) -> bool:
    """Tell whether `choice` reads an element or is a constant, which takes no branch."""
    other = choice.otherwise.value if type(choice.otherwise) is Broadcast else choice.otherwise
    return type(choice.then) is Load and type(other) is Const
