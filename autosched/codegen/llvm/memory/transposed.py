"""Emits strided vector stores of an unrolled loop whose steps are neighbours in memory.

A tile with its vectors across the rows of memory is transposed in registers and written row by
row; a scatter at each step would write every element separately.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from autosched.codegen.llvm.memory.address import alignment, form_of, pointer
from autosched.codegen.llvm.memory.scattered import wide_store
from autosched.codegen.llvm.memory.turned_loads import turn_loads
from autosched.codegen.llvm.memory.turning import (
    can_turn,
    columns,
    is_tile,
    most_rows,
    row_of,
    shuffle,
    width_of,
)
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.forms import IndexForm
from autosched.codegen.llvm.text import instructions as llvm
from autosched.ir.dtype import DType
from autosched.ir.expr import Expr, Load
from autosched.ir.stmt import Block, For, Stmt, Store
from autosched.ir.traverse import walk


def is_turned(em: Emitter, node: For, extent: object) -> bool:
    """Tell whether every store in the loop body writes such a tile, and none overlap."""
    if type(extent) is not int or extent < 2:
        return False
    stores = _stores(node.body)
    if not stores or not all(_fits(em, store, node, extent) for store in stores):
        return False
    forms = {store: form_of(em, store) for store in stores}
    return all(
        a.buffer is not b.buffer or _apart(forms[a], forms[b])
        for number, a in enumerate(stores)
        for b in stores[:number]
    )


def turned(em: Emitter, node: For, extent: int, bind: Callable[[int], None]) -> None:
    """Emit the stores of the loop; `bind(step)` gives the loop variable its value there."""
    stores = _stores(node.body)
    written = {store.buffer for store in stores}
    for store in stores:
        for steps in tiles_of(em, store, extent, _filled(store.value.dtype), bind):
            turn_loads(em, store, node.var, steps, bind, written)
            values = values_of_steps(em, store, store.value, steps, bind)
            write_tile(em, store, values, store.value.dtype)
        em.touch(store.buffer)


def tiles_of(
    em: Emitter, body: Stmt, extent: int, kind: DType, bind: Callable[[int], None]
) -> Iterator[range]:
    """Yield the steps of a loop that are turned together, vectors of `kind`; emit a single one."""
    most = most_rows(kind)
    for first in range(0, extent, most):
        steps = range(first, min(first + most, extent))
        if len(steps) == 1:
            bind(first)
            em.run(body)
        else:
            yield steps


def values_of_steps(
    em: Emitter, store: Store, value: Expr, steps: Sequence[int], bind: Callable[[int], None]
) -> list[str]:
    """Emit the value of a store in each of several steps; the first step is under way then."""
    values = []
    for step in steps:
        bind(step)
        em.begin(store)
        values.append(em.text(em.value(value), value.dtype))
    bind(steps[0])
    em.begin(store)
    return values


def reads_its_buffer(store: Store) -> bool:
    """Tell whether the value of a store reads the buffer that it writes."""
    reads = (part for part in walk(store.value) if isinstance(part, Load))
    return any(read.buffer is store.buffer for read in reads)


def _stores(body: Stmt) -> list[Store]:
    stmts = body.stmts if isinstance(body, Block) else (body,)
    stores = [stmt for stmt in stmts if isinstance(stmt, Store)]
    return stores if len(stores) == len(stmts) else []


def _fits(em: Emitter, store: Store, node: For, extent: int) -> bool:
    kind = store.value.dtype
    if store.mask is not None or not can_turn(_filled(kind)):
        return False
    form = form_of(em, store)
    if form.lanes != kind.lanes or not is_tile(form, node.var, extent):
        return False
    return not reads_its_buffer(store)


def _apart(a: IndexForm, b: IndexForm) -> bool:
    """Tell whether two tiles of one buffer surely share no element."""
    same = a.atoms == b.atoms and a.lane_stride == b.lane_stride and not (a.vectors or b.vectors)
    return same and abs(a.constant - b.constant) >= min(a.lanes, b.lanes) * a.lane_stride


FEW = 4
"""Lanes up to which a scatter takes no longer than to fill up vectors and transpose them."""


def _filled(kind: DType) -> DType:
    """Return the dtype of vectors that are filled up to a power of two lanes."""
    return kind if kind.lanes <= FEW else kind.with_lanes(width_of(kind.lanes))


def write_tile(em: Emitter, store: Store, rows: list[str], own: DType) -> None:
    """Emit what a store writes in several steps, vectors of the dtype `own`, row by row."""
    steps = len(rows)
    width, kind = width_of(steps), _filled(own)
    if len({*rows}) == 1 and not rows[0].startswith("%"):  # a constant in every lane
        found = [(rows[0], 0)] * own.lanes
    else:
        if own.lanes < kind.lanes:
            lanes = [*range(own.lanes), *[None] * (kind.lanes - own.lanes)]
            rows = [shuffle(em, own, row, "poison", lanes) for row in rows]
        found = columns(em, rows + ["poison"] * (width - steps), kind, own.lanes)
    form = form_of(em, store)
    for lane, (row, first) in enumerate(found):
        start, terms = row_of(form, lane, em)
        at = pointer(em, store.buffer, form, start, terms, True)
        align = alignment(em, store.buffer, start, terms)
        _write_row(em, row, kind, first, width, steps, at, align)


def _write_row(
    em: Emitter, row: str, kind: DType, first: int, width: int, steps: int, at: str, align: int
) -> None:
    """Store `steps` elements of a row, from lane `first` of `width`."""
    part = kind.with_lanes(width)
    if width < kind.lanes:
        row = shuffle(em, kind, row, "poison", list(range(first, first + width)))
    wide_store(em, row, part, at, align, steps == width or llvm.first_bits(steps, width))
