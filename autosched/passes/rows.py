"""Finds conditions of padding that need no copy of the loops without them.

Where a tile multiplies elements of a row of an image, the code chooses one address for all of them
(`autosched/codegen/llvm/memory/padding.py`): the row's, or that of zeros. A few instructions for
each row are lost in the time of its products, where all values are in registers.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

from autosched.analysis.affine import to_linear
from autosched.analysis.inequalities import conjuncts
from autosched.ir.expr import Add, Const, Expr, Load, Mul, Select, Var
from autosched.ir.stmt import For, LoopKind, Stmt, Store
from autosched.ir.traverse import child_stmts, free_vars, iter_stmts, walk
from autosched.target.target import Target

FEWEST_PRODUCTS = 24
"""Vectors of products for each choice of an address, which takes about five instructions."""


def chosen_by_row(body: Stmt, target: Target) -> set[Expr]:
    """Return the parts of conditions in `body` that choose an address for many products each."""
    found: dict[Expr, bool] = {}
    vectorized = (each for each in iter_stmts(body) if type(each) is For)
    lanes = {each.var for each in vectorized if each.kind is LoopKind.VECTORIZED}
    for part, is_few in _parts(body, target, {}, lanes):
        found[part] = found.get(part, True) and is_few
    return {part for part, is_few in found.items() if is_few}


def _parts(
    stmt: Stmt, target: Target, loops: dict[Var, int], lanes: set[Var]
) -> Iterator[tuple[Expr, bool]]:
    """Yield the parts of conditions of choices, and whether they choose few addresses.

    `loops` are those around that are written out, with the number of times.
    """
    if type(stmt) is Store:
        factors = _factors(stmt)
        for choice in walk(stmt.value):
            if type(choice) is Select:
                for part in conjuncts(choice.condition):
                    few = choice in factors and _is_few(choice, part, loops, lanes)
                    yield part, few and _fits(stmt, choice, loops, target.vector_registers)
    elif type(stmt) is For and stmt.kind.is_written_out and type(stmt.extent) is Const:
        times = int(stmt.extent.value)
        if stmt.kind is LoopKind.VECTORIZED:
            times = -(-times // (target.vector_bits // 32))
        yield from _parts(stmt.body, target, loops | {stmt.var: times}, lanes)
    else:
        for child in child_stmts(stmt):
            yield from _parts(child, target, loops, lanes)


def _factors(store: Store) -> set[Expr]:
    """Return the factors of the product of floats that a store adds to a sum."""
    product = store.value.b if type(store.value) is Add else None
    if type(product) is not Mul or not product.dtype.is_float or product.dtype.bits < 32:
        return set()
    return {product.a, product.b}


def _is_few(choice: Select, part: Expr, loops: dict[Var, int], lanes: set[Var]) -> bool:
    """Tell whether elements along the last axis of a tensor share the condition `part`."""
    if type(choice.then) is not Load or type(choice.otherwise) is not Const:
        return False
    if not choice.then.indices or not _are_neighbours(choice.then.indices[-1], lanes):
        return False
    own = free_vars(part)
    rows = {var for index in choice.then.indices[:-1] for var in free_vars(index) if var in loops}
    times = prod(count for var, count in loops.items() if var in own)
    return rows <= own and times * FEWEST_PRODUCTS <= prod(loops.values())


def _are_neighbours(index: Expr, lanes: set[Var]) -> bool:
    """Tell whether the lanes of a vector read one element, or one after the other."""
    return all(to_linear(index).terms.get(var) == 1 for var in free_vars(index) if var in lanes)


def _fits(store: Store, choice: Select, loops: dict[Var, int], registers: int) -> bool:
    """Tell whether registers hold the sums of a tile and the elements that several of them read."""
    points = {var for index in store.indices for var in free_vars(index)}
    sums = prod(count for var, count in loops.items() if var in points)
    read = free_vars(choice.then) & points
    elements = prod(count for var, count in loops.items() if var in read)
    return sums + (elements if elements < sums else 0) < registers
