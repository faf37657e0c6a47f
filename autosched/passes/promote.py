"""Promote: a tile that every iteration of a loop updates is kept in registers.

A serial loop around unrolled and vectorized loops that always update the same tile of a buffer
gets a local buffer for it:

    for k:                                  for i, j: T[i, j] = C[i, j]
        unrolled i: vectorized j:     ->    for k: unrolled i: vectorized j:
            C[i, j] = C[i, j] + ...             T[i, j] = T[i, j] + ...
                                            for i, j: C[i, j] = T[i, j]

With the loops written out, every index of the local buffer is a constant, so that it is in
registers. Nothing is done if the tile changes between iterations, if two of its points may be the
same element, if the loop contains more than the update, or if the tile takes more than twice the
vector registers of the target, since it would then be on the stack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.analysis.affine import to_linear
from autosched.ir.build import const
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Const, Expr, Load, Var
from autosched.ir.rewrite import StmtMutator, map_expr, substitute
from autosched.ir.stmt import Allocate, For, Function, LoopKind, Stmt, Store, block
from autosched.ir.traverse import free_vars, walk
from autosched.ir.update import is_place
from autosched.target.target import Target


def promote(function: Function, target: Target) -> Function:
    """Keep tiles that all iterations of a loop update in local buffers."""
    most_bytes = 2 * target.vector_registers * target.vector_bits // 8
    return function.with_body(_Promote(most_bytes).stmt(function.body))


@dataclass(slots=True)
class _Update:
    """The statement in the middle of a nest of loops, and the loops over its tile."""

    store: Store
    tile: list[For]


class _Promote(StmtMutator):
    def __init__(self, most_bytes: int):
        self.most_bytes = most_bytes

    def visit_for(self, stmt: For) -> Stmt:
        update = _update_in(stmt, self.most_bytes) if stmt.kind is LoopKind.SERIAL else None
        if update is None:
            return StmtMutator.visit_for(self, stmt)
        return _promoted(stmt, update)


def _update_in(loop: For, most_bytes: int) -> _Update | None:
    """Return the update of a fixed tile that `loop` consists of; None for other loops."""
    loops: list[For] = [loop]
    inner = loop.body
    while isinstance(inner, For):
        loops.append(inner)
        inner = inner.body
    if not isinstance(inner, Store) or inner.mask is not None or inner.buffer.scope == "local":
        return None
    used = {var for index in inner.indices for var in free_vars(index)}
    tile = [each for each in loops if each.var in used]
    if not tile or not all(_constant(each) and each.kind.is_written_out for each in tile):
        return None
    size = inner.buffer.dtype.bytes
    for each in tile:
        size *= int(each.extent.value)  # type: ignore[attr-defined]
    if size > most_bytes or not _distinct(inner.indices, {each.var for each in tile}):
        return None
    reads = [node for node in walk(inner.value) if _reads(node, inner.buffer)]
    if not reads or not all(is_place(node, inner) for node in reads):
        return None
    return _Update(inner, tile)


def _constant(loop: For) -> bool:
    return type(loop.start) is Const and loop.start.value == 0 and type(loop.extent) is Const


def _distinct(indices: Sequence[Expr], tile: set[Var]) -> bool:
    """Tell whether different points are different elements, as each variable has a dimension."""
    seen: set[Var] = set()
    for index in indices:
        here = [var for var in free_vars(index) if var in tile]
        if len(here) > 1 or seen.intersection(here):
            return False
        if here and to_linear(index).terms.get(here[0], 0) == 0:
            return False
        seen.update(here)
    return seen == tile


def _reads(node: Expr, buffer: Buffer) -> bool:
    return type(node) is Load and node.buffer is buffer


def _promoted(loop: For, update: _Update) -> Stmt:
    store = update.store
    shape = tuple(each.extent for each in update.tile)
    tile = Buffer(f"{store.buffer.name}_tile", shape, store.buffer.dtype, "local")
    point = tuple(each.var for each in update.tile)
    here = Load(tile, point, tile.dtype)

    def in_tile(node: Expr) -> Expr:
        return here if _reads(node, store.buffer) else node

    inside = _with_body(loop, Store(tile, point, map_expr(store.value, in_tile)))
    load = Store(tile, point, Load(store.buffer, store.indices, store.buffer.dtype))
    write = Store(store.buffer, store.indices, here)
    before, after = _over_tile(update.tile, load), _over_tile(update.tile, write)
    return Allocate(tile, block(before, inside, after))


def _with_body(loop: For, body: Stmt) -> Stmt:
    """Return the nest of `loop` with another statement in the middle."""
    if isinstance(loop.body, For):
        body = _with_body(loop.body, body)
    return loop.with_body(body)


def _over_tile(tile: list[For], body: Store) -> Stmt:
    fresh: dict[Var, Expr] = {each.var: Var(each.var.name, INDEX) for each in tile}
    stmt: Stmt = substitute(body, fresh)
    for each in reversed(tile):
        var = fresh[each.var]
        assert isinstance(var, Var)
        stmt = For(var, const(0), each.extent, each.kind, stmt)
    return stmt
