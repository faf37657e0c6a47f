"""Emits vector accesses that are not contiguous: gathers, scatters, reversals, small strides."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.state.forms import IndexForm
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.types import Value, lane_numbers, mangled, memory_type
from autosched.codegen.llvm.values.convert import convert
from autosched.ir.dtype import INDEX, DType
from autosched.ir.expr import Buffer


def pointers(em: Emitter, form: IndexForm, at: str, buffer: Buffer) -> str:
    """Emit the address of every lane; `at` is that of the form's scalar part."""
    lanes = form.lanes
    index = INDEX.with_lanes(lanes)
    offsets: Value = lane_numbers(0, form.lane_stride, lanes, 64)
    known = form.lane_stride != 0
    for expr, coefficient in form.vectors:
        part = convert(em, em.value(expr), expr.dtype, index)
        if coefficient != 1:
            part = em.integer("mul nsw", index, part, coefficient)
        offsets = em.integer("add nsw", index, offsets, part) if known else part
        known = True
    return em.let(llvm.elements(memory_type(buffer.dtype), at, em.typed(offsets, index)))


def gather(em: Emitter, addresses: str, stored: DType, mask: Value) -> str:
    """Emit the element at every address, zero for lanes outside of `mask`."""
    kind, lanes = memory_type(stored), stored.lanes
    symbol, zeros = f"llvm.masked.gather.{mangled(stored)}.v{lanes}p0", (kind, "zeroinitializer")
    many, align = (llvm.vector("ptr", lanes), addresses), ("i32", stored.bytes)
    return em.let(em.called(symbol, kind, many, align, _bits(mask, lanes), zeros))


def scatter(em: Emitter, addresses: str, value: str, stored: DType, mask: Value) -> None:
    """Write each lane of `mask` to its address; the last one wins if addresses are equal."""
    lanes, what = stored.lanes, (memory_type(stored), value)
    symbol = f"llvm.masked.scatter.{mangled(stored)}.v{lanes}p0"
    many, align = (llvm.vector("ptr", lanes), addresses), ("i32", stored.bytes)
    em.do(em.called(symbol, "void", what, many, align, _bits(mask, lanes)))


def reverse(em: Emitter, value: str, stored: DType) -> str:
    """Emit the lanes in reverse order."""
    return em.let(llvm.shuffle(memory_type(stored), value, "poison", range(stored.lanes)[::-1]))


def strided(em: Emitter, at: str, step: int, stored: DType) -> str:
    """Emit every `step`-th element from `at`: `step` wide loads, and a shuffle for all but one.

    The last load ends at the last element needed, so that nothing beyond is touched.
    """
    kind, lanes, size = memory_type(stored), stored.lanes, stored.bytes
    last = (lanes - 1) * step + 1 - lanes
    result = "poison"
    for part in range(step):
        start = min(part * lanes, last)
        address = at if start == 0 else _offset(em, stored, at, start)
        loaded = em.let(llvm.load(kind, address, size))
        order = [_pick(lane, lane * step, lanes, part * lanes, start) for lane in range(lanes)]
        a, b = (loaded, "poison") if part == 0 else (result, loaded)
        result = em.let(llvm.shuffle(kind, a, b, order))
    return result


def has_masked_loads(em: Emitter, stored: DType) -> bool:
    """Tell whether the target has instructions for masked loads of such elements."""
    features = em.module.target.features.split(",")
    return "+avx512bw" in features or ("+avx" in features and stored.bytes >= 4)


def masked_strided(em: Emitter, at: str, step: int, stored: DType, mask: str) -> str:
    """Emit every `step`-th element from `at` by one wide load with a mask for these elements."""
    lanes, count = stored.lanes, (stored.lanes - 1) * step + 1
    wide = memory_type(stored.with_lanes(count))
    bools = llvm.vector("i1", lanes)
    spread = [n // step if n % step == 0 else lanes for n in range(count)]
    bits = em.let(llvm.shuffle(bools, mask, "zeroinitializer", spread))
    symbol = f"llvm.masked.load.{mangled(stored.with_lanes(count))}.p0"
    given = ("ptr", at), ("i32", stored.bytes), (llvm.vector("i1", count), bits)
    loaded = em.let(em.called(symbol, wide, *given, (wide, "zeroinitializer")))
    return em.let(llvm.shuffle(wide, loaded, "poison", range(0, count, step)))


def _pick(lane: int, place: int, lanes: int, low: int, start: int) -> int | None:
    """Return the source of the lane for element `place`, as a number for a shuffle.

    It is the load from `start` if that has the element, or the lanes before; None for a later load.
    """
    if place >= low + lanes:
        return None
    if place < low:
        return lane
    return lanes + place - start if low else place


def _offset(em: Emitter, stored: DType, at: str, distance: int) -> str:
    return em.once(llvm.element(memory_type(stored.scalar), at, distance, "inbounds "))


def _bits(mask: Value, lanes: int) -> tuple[str, str]:
    return llvm.vector("i1", lanes), mask if type(mask) is str else "splat (i1 true)"


def wide_store(em: Emitter, value: str, stored: DType, at: str, align: int, mask: Value) -> None:
    """Write the lanes of `mask` from `at` on."""
    kind = memory_type(stored)
    if mask is True:
        em.do(llvm.store(kind, value, at, align))
        return
    symbol, lanes = f"llvm.masked.store.{mangled(stored)}.p0", llvm.vector("i1", stored.lanes)
    em.do(em.called(symbol, "void", (kind, value), ("ptr", at), ("i32", align), (lanes, mask)))
