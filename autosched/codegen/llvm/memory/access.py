"""Emits loads and stores of scalars and vectors.

Contiguous lanes become one wide access, a small constant stride becomes wide loads and shuffles,
others become a gather or a scatter. No access touches a byte outside its own lanes.
"""

from __future__ import annotations

from collections.abc import Hashable

from autosched.codegen.llvm.memory import joins
from autosched.codegen.llvm.memory.address import alignment, form_of, pointer
from autosched.codegen.llvm.memory.prefetch import prefetch
from autosched.codegen.llvm.memory.scattered import (
    gather,
    has_masked_loads,
    masked_strided,
    pointers,
    reverse,
    scatter,
    strided,
    wide_store,
)
from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.state.forms import IndexForm
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, mangled, memory_type, register_type
from autosched.codegen.llvm.values.arithmetic import both
from autosched.codegen.llvm.values.choice import any_lane, when
from autosched.codegen.llvm.values.lanes import splat
from autosched.codegen.llvm.values.linear import Terms, resolve
from autosched.codegen.llvm.values.update import stored_value
from autosched.ir.dtype import BOOL, DType, dtype
from autosched.ir.expr import Broadcast, Load
from autosched.ir.stmt import Store

_BYTE = dtype("uint8")


def load(em: Emitter, node: Load) -> Value:
    if node.buffer in em.tiles:
        return joins.read(em, node)
    mask: Value = True if node.mask is None else em.value(node.mask)
    if em.mask is not True:
        if node.dtype.lanes == 1:  # a scalar below a choice by lane: read if any lane takes it
            mask = both(em, BOOL, any_lane(em), mask)
        else:
            mask = both(em, BOOL.with_lanes(node.dtype.lanes), em.mask, mask)
    if mask is False:
        return 0.0 if node.dtype.is_float else 0
    if node.dtype.lanes == 1 and type(mask) is str:
        with em.having(mask=True):
            return when(em, mask, node.dtype, lambda: masked_load(em, node, True))
    return masked_load(em, node, mask)


def masked_load(em: Emitter, node: Load, mask: Value) -> Value:
    """Emit a load of the lanes of `mask`, with zeros in the others."""
    form = form_of(em, node)
    constant, terms = resolve(em, form)
    if form.vectors:
        return _read(em, node, form, constant, terms, mask)
    key = cache_key(em, node, constant, terms, mask)
    known = em.cache.get(key)
    if known is None:
        known = em.cache[key] = _read(em, node, form, constant, terms, mask)
    return known


def cache_key(em: Emitter, node: Load, constant: int, terms: Terms, mask: Value) -> Hashable:
    """Return the key of the value of a load at `constant + sum(terms)`, as its buffer is now."""
    stride, version = form_of(em, node).lane_stride, em.versions.get(node.buffer)
    return node.buffer, version, constant, terms, stride, node.dtype, mask


def _read(
    em: Emitter, node: Load, form: IndexForm, constant: int, terms: Terms, mask: Value
) -> str:
    buffer, kind = node.buffer, node.dtype
    stored = _BYTE.with_lanes(kind.lanes) if kind.is_bool else kind
    step = 0 if form.vectors else form.lane_stride
    unmasked = mask is True
    if step == -1 and unmasked:
        constant -= kind.lanes - 1
    at = pointer(em, buffer, form, constant, terms, unmasked)
    prefetch(em, node, form, at, constant, terms)
    if kind.lanes == 1 or step == 1 or (step == -1 and unmasked):
        value = wide_load(em, stored, at, alignment(em, buffer, constant, terms), mask)
        if step == -1:
            value = reverse(em, value, stored)
    elif step == 0 and unmasked and not form.vectors:
        one = wide_load(em, stored.scalar, at, alignment(em, buffer, constant, terms), True)
        value = splat(em, one, stored)
    elif 2 <= step <= 4 and unmasked:
        value = strided(em, at, step, stored)
    elif 2 <= step <= 4 and has_masked_loads(em, stored):
        value = masked_strided(em, at, step, stored, em.text(mask, BOOL.with_lanes(kind.lanes)))
    else:
        value = gather(em, pointers(em, form, at, buffer), stored, mask)
    if kind.is_bool:
        return em.binary("icmp ne", stored, value, 0)
    return value


def store(em: Emitter, node: Store) -> None:
    lanes = max(node.value.dtype.lanes, form_of(em, node).lanes)
    mask: Value = True if node.mask is None else em.value(node.mask)
    if mask is False:
        return
    if lanes == 1 and type(mask) is str:
        then, done = em.label(), em.label()
        em.branch(mask, then, done)
        with em.arm(then, done):
            write(em, node, stored_value(em, node), lanes, True)
        em.open(done)
    else:
        write(em, node, stored_value(em, node), lanes, mask)
    em.touch(node.buffer)


def write(em: Emitter, node: Store, what: Value, lanes: int, mask: Value) -> None:
    """Write a value to the place of a store."""
    buffer, kind = node.buffer, node.value.dtype.with_lanes(lanes)
    stored = _BYTE.with_lanes(lanes) if kind.is_bool else kind
    value = em.text(what, kind)
    if kind.is_bool:
        value = em.convert("zext", value, kind, stored)
    if buffer in em.tiles:
        joins.write(em, node, value)
        return
    form = form_of(em, node)
    constant, terms = resolve(em, form)
    step = 0 if form.vectors else form.lane_stride
    if step == -1 and mask is True:
        constant -= lanes - 1
        value = reverse(em, value, stored)
        step = 1
    at = pointer(em, buffer, form, constant, terms, mask is True)
    if lanes == 1 or step == 1:
        wide_store(em, value, stored, at, alignment(em, buffer, constant, terms), mask)
    else:
        scatter(em, pointers(em, form, at, buffer), value, stored, mask)


def wide_load(em: Emitter, stored: DType, at: str, align: int, mask: Value) -> str:
    """Emit the lanes from `at` on, with zeros outside of `mask`."""
    kind = memory_type(stored)
    if mask is True:
        return em.let(llvm.load(kind, at, align))
    symbol, zeros = f"llvm.masked.load.{mangled(stored)}.p0", (kind, "zeroinitializer")
    lanes = llvm.vector("i1", stored.lanes), mask
    return em.let(em.called(symbol, kind, ("ptr", at), ("i32", align), lanes, zeros))


def first_lanes(em: Emitter, stored: DType, at: str, align: int, lanes: int) -> str:
    """Emit a vector of `lanes` lanes of which the first, those of `stored`, are read at `at`.

    The others are not read, and undefined.
    """
    wide = stored.with_lanes(lanes)
    if has_masked_loads(em, stored):
        return wide_load(em, wide, at, align, llvm.first_bits(stored.lanes, lanes))
    return resized(em, wide_load(em, stored, at, align, True), stored, lanes)


def resized(em: Emitter, value: str, kind: DType, lanes: int) -> str:
    """Emit the first `lanes` lanes of a vector; those that it does not have are undefined."""
    if lanes == kind.lanes:
        return value
    order = [lane if lane < kind.lanes else None for lane in range(lanes)]
    return em.let(llvm.shuffle(register_type(kind), value, "poison", order))


def broadcast(em: Emitter, node: Broadcast) -> Value:
    """Emit a scalar in every lane.

    One of memory is loaded as a vector of one element, which saves an instruction in the text.
    """
    read = node.value
    if type(read) is not Load or em.sharing is not None or not _is_repeated(em, read):
        value = em.value(read)
        return splat(em, value, node.dtype) if type(value) is str else value
    form = form_of(em, read)
    constant, terms = resolve(em, form)
    key = "repeated", cache_key(em, read, constant, terms, True)
    known = em.cache.get(key)
    if known is None:
        at = pointer(em, read.buffer, form, constant, terms, True)
        prefetch(em, read, form, at, constant, terms)
        kind = llvm.vector_of(memory_type(read.dtype), 1)
        one = em.let(llvm.load(kind, at, alignment(em, read.buffer, constant, terms)))
        known = em.cache[key] = em.let(llvm.repeat_first(kind, one, node.dtype.lanes))
    return known


def _is_repeated(em: Emitter, node: Load) -> bool:
    """Tell whether a scalar load is surely run, and its element repeated for one width alone.

    LLVM would not see that a repetition for fewer lanes is part of another one.
    """
    if node.mask is not None or em.mask is not True or node.dtype.is_bool:
        return False
    return len(em.module.widths.get(node.buffer, ())) == 1 and node.buffer not in em.tiles


HANDLERS: dict[type, Handler] = {Broadcast: broadcast, Load: load, Store: store}
