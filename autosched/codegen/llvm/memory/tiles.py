"""Finds local tiles that are kept in values: one for each vector that the code writes.

Such a tile has no memory. LLVM would move it to registers, but until then each product would take
a load and a store.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from autosched.codegen.llvm.memory.address import form_of
from autosched.codegen.llvm.state.emitter import Cell, Emitter
from autosched.codegen.llvm.state.forms import IndexForm
from autosched.ir.dtype import DType
from autosched.ir.expr import Address, Buffer, Expr, Load
from autosched.ir.stmt import Allocate, CallExternal, For, IntrinsicCall, LoopKind, Stmt, Store
from autosched.ir.traverse import child_stmts

Vectors = Mapping[int, DType]
"""The vectors of a tile by the offsets of their first elements."""

Loops = Mapping[Expr, Sequence[int]]
"""The values of the variables of loops in a statement; those of loops not unrolled have none."""


def vectors_of(em: Emitter, node: Allocate) -> Vectors | None:
    """Return the vectors of a local buffer; None for a buffer that needs memory.

    That is one of scalars, one whose vectors overlap or depend on loops that are not unrolled, or
    one that others than loads and stores use.
    """
    if node.buffer.scope != "local" or node.buffer.dtype.is_bool:
        return None
    written: dict[int, DType] = {}
    read: list[tuple[int, DType]] = []
    for access, loops in _accesses(em, node.body, node.buffer):
        if not isinstance(access, Load | Store) or access.mask is not None:
            return None
        dtype = access.dtype if isinstance(access, Load) else access.value.dtype
        form = form_of(em, access)
        offsets = _offsets(em, form, loops)
        if offsets is None or dtype.lanes == 1 or form.vectors or form.lane_stride != 1:
            return None
        if isinstance(access, Load):
            read += [(offset, dtype) for offset in offsets]
        elif any(written.setdefault(offset, dtype) is not dtype for offset in offsets):
            return None
    is_whole = _are_apart(written) and all(holder(written, *each) is not None for each in read)
    return written if is_whole else None


def holder(vectors: Vectors, offset: int, dtype: DType) -> int | None:
    """Return the offset of the vector with the elements from an offset on; None if none has all."""
    if vectors.get(offset) is dtype:
        return offset
    for start, whole in vectors.items():
        if start <= offset and offset + dtype.lanes <= start + whole.lanes:
            return start
    return None


def carried(em: Emitter, body: Stmt) -> list[Cell]:
    """Return the vectors of tiles that a loop body writes."""
    found: dict[Cell, None] = {}
    if em.tiles and not em.tiles.keys().isdisjoint(em.module.facts.written(body)):
        for stmt, loops in _stmts(body, {}):
            if isinstance(stmt, Store) and stmt.buffer in em.tiles:
                offsets = _offsets(em, form_of(em, stmt), loops)
                found.update(dict.fromkeys((stmt.buffer, at) for at in sorted(offsets or ())))
    return list(found)


def _accesses(
    em: Emitter, body: Stmt, buffer: Buffer
) -> Iterator[tuple[Load | Address | Stmt, Loops]]:
    """Yield what reads or writes a buffer, or may, each with the loops around it."""
    for stmt, loops in _stmts(body, {}):
        if isinstance(stmt, CallExternal | IntrinsicCall) or _is_shared(stmt):
            yield stmt, loops
        if isinstance(stmt, Store) and stmt.buffer is buffer:
            yield stmt, loops
        for node in em.module.facts.nodes(stmt):
            if isinstance(node, Load | Address) and node.buffer is buffer:
                yield node, loops


def _is_shared(stmt: Stmt) -> bool:
    """Tell whether other threads may run parts of `stmt`."""
    return isinstance(stmt, For) and stmt.kind in (LoopKind.PARALLEL, LoopKind.THREAD)


def _stmts(stmt: Stmt, loops: Loops) -> Iterator[tuple[Stmt, Loops]]:
    """Yield a statement and those inside it, each with the loops around it."""
    yield stmt, loops
    if isinstance(stmt, For):
        loops = {**loops, stmt.var: _iterations(stmt)}
    for child in child_stmts(stmt):
        yield from _stmts(child, loops)


def _iterations(loop: For) -> Sequence[int]:
    """Return the values of the variable of a loop whose steps are written out, else none."""
    values = loop.values()
    if values is None or (loop.kind is not LoopKind.UNROLLED and len(values) != 1):
        return ()
    return values


def _offsets(em: Emitter, form: IndexForm, loops: Loops) -> set[int] | None:
    """Return the offsets that a form has in unrolled loops; None if others move it."""
    offsets = {form.constant}
    for atom, coefficient in form.atoms.items():
        values = loops.get(atom)
        if values is None:
            value = em.env.get(atom)  # type: ignore[call-overload]
            values = (value,) if type(value) is int else ()
        if not values:
            return None
        offsets = {at + coefficient * value for at in offsets for value in values}
    return offsets


def _are_apart(vectors: Vectors) -> bool:
    end = 0
    for offset in sorted(vectors):
        if offset < end:
            return False
        end = offset + vectors[offset].lanes
    return True
