"""Emits strided vector stores of an unrolled loop whose steps are neighbours in memory.

A tile with its vectors across the rows of memory is transposed in registers and written row by
row; a scatter at each step would write every element separately.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from autosched.codegen.llvm.memory.address import alignment, form_of, pointer
from autosched.codegen.llvm.memory.scattered import wide_store
from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.forms import IndexForm
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import memory_type
from autosched.codegen.llvm.values.linear import resolve
from autosched.ir.dtype import DType
from autosched.ir.expr import Load
from autosched.ir.stmt import Block, For, Stmt, Store
from autosched.ir.traverse import walk
from autosched.target.target import WIDEST_VECTOR_BYTES


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
    for store in _stores(node.body):
        lanes = store.value.dtype.lanes
        for first in range(0, extent, lanes):
            steps = min(lanes, extent - first)
            if steps == 1:
                bind(first)
                em.run(store)
                continue
            rows = values_of_steps(em, store, range(first, first + steps), bind)
            _write_tile(em, store, rows)
        em.touch(store.buffer)


def values_of_steps(
    em: Emitter, store: Store, steps: Sequence[int], bind: Callable[[int], None]
) -> list[str]:
    """Emit what a store writes in each of several steps; the first step is under way then."""
    values = []
    for step in steps:
        bind(step)
        em.begin(store)
        values.append(em.text(em.value(store.value), store.value.dtype))
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
    if store.mask is not None or kind.lanes < 4 or kind.lanes & (kind.lanes - 1):
        return False
    if kind.is_bool or kind.lanes * kind.bytes > WIDEST_VECTOR_BYTES:
        return False
    form = form_of(em, store)
    if form.vectors or form.lanes != kind.lanes or form.atoms.get(node.var) != 1:
        return False
    if form.lane_stride < extent:
        return False
    return not reads_its_buffer(store)


def _apart(a: IndexForm, b: IndexForm) -> bool:
    """Tell whether two tiles of one buffer surely share no element."""
    same = a.atoms == b.atoms and a.lane_stride == b.lane_stride
    return same and abs(a.constant - b.constant) >= min(a.lanes, b.lanes) * a.lane_stride


def _write_tile(em: Emitter, store: Store, rows: list[str]) -> None:
    kind, steps = store.value.dtype, len(rows)
    width = 1 << (steps - 1).bit_length()
    columns = _transpose(em, rows + ["poison"] * (width - steps), kind)
    form = form_of(em, store)
    constant, terms = resolve(em, form)
    for lane in range(kind.lanes):
        start = constant + lane * form.lane_stride
        at = pointer(em, store.buffer, form, start, terms, True)
        align = alignment(em, store.buffer, start, terms)
        first = lane // width * width
        _write_row(em, columns[lane % width], kind, first, width, steps, at, align)


def _transpose(em: Emitter, rows: list[str], kind: DType) -> list[str]:
    """Transpose by swapping the bits of row and lane numbers one by one (Eklundh 1972).

    Lane `group * n + c` of row r of n ends in row c, in lane `group * n + r`.
    """
    rows = list(rows)
    block = len(rows) // 2
    while block:
        lanes = range(kind.lanes)
        kept = [kind.lanes + n - block if n & block else n for n in lanes]
        swapped = [kind.lanes + n if n & block else n + block for n in lanes]
        for upper in range(len(rows)):
            if upper & block:
                continue
            lower = upper | block
            a, b = rows[upper], rows[lower]
            rows[upper] = _shuffle(em, kind, a, b, kept)
            rows[lower] = _shuffle(em, kind, a, b, swapped)
        block //= 2
    return rows


def _shuffle(em: Emitter, kind: DType, a: str, b: str, lanes: list[int]) -> str:
    return em.let(llvm.shuffle(memory_type(kind), a, b, lanes))


def _write_row(
    em: Emitter, row: str, kind: DType, first: int, width: int, steps: int, at: str, align: int
) -> None:
    """Store `steps` elements of a row, from lane `first` of `width`."""
    part = kind.with_lanes(width)
    if width < kind.lanes:
        row = _shuffle(em, kind, row, "poison", list(range(first, first + width)))
    wide_store(em, row, part, at, align, steps == width or llvm.first_bits(steps, width))
