"""Vector access that is not contiguous: gathers, scatters, reversals and small strides."""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter, Value
from autosched.codegen.llvm.state.forms import Form
from autosched.codegen.llvm.text.types import lane_numbers, mangled, memory_type
from autosched.codegen.llvm.values.arithmetic import integer
from autosched.codegen.llvm.values.convert import convert
from autosched.ir.buffer import Buffer
from autosched.ir.dtype import INDEX, DType


def pointers(em: Emitter, form: Form, at: str, buffer: Buffer) -> str:
    """The address of every lane, `at` being that of the form's scalar part."""
    lanes = form.lanes
    index = INDEX.with_lanes(lanes)
    offsets: Value = lane_numbers(0, form.lane_stride, lanes, 64)
    known = form.lane_stride != 0
    for vector, coefficient in form.vectors:
        part = convert(em, em.value(vector), vector.dtype, index)
        if coefficient != 1:
            part = integer(em, "mul nsw", index, part, coefficient)
        offsets = integer(em, "add nsw", index, offsets, part) if known else part
        known = True
    element = memory_type(buffer.dtype)
    return em.let(f"getelementptr {element}, ptr {at}, {em.typed(offsets, index)}")


def gather(em: Emitter, addresses: str, stored: DType, mask: Value) -> str:
    """The element at every address, zero for lanes outside of `mask`."""
    kind, bits, many = _types(stored)
    symbol = f"llvm.masked.gather.{mangled(stored)}.v{stored.lanes}p0"
    em.module.declare(symbol, kind, many, "i32", bits, kind)
    lanes = _bits(mask)
    operands = f"{many} {addresses}, i32 {stored.bytes}, {bits} {lanes}, {kind} zeroinitializer"
    return em.let(f"call {kind} @{symbol}({operands})")


def scatter(em: Emitter, addresses: str, value: str, stored: DType, mask: Value) -> None:
    """Write each lane of `mask` to its address; of lanes with the same one the last wins."""
    kind, bits, many = _types(stored)
    symbol = f"llvm.masked.scatter.{mangled(stored)}.v{stored.lanes}p0"
    em.module.declare(symbol, "void", kind, many, "i32", bits)
    operands = f"{kind} {value}, {many} {addresses}, i32 {stored.bytes}, {bits} {_bits(mask)}"
    em.do(f"call void @{symbol}({operands})")


def reverse(em: Emitter, value: str, stored: DType) -> str:
    """The lanes from last to first."""
    kind, lanes = memory_type(stored), stored.lanes
    order = lane_numbers(lanes - 1, -1, lanes, 32)
    return em.let(f"shufflevector {kind} {value}, {kind} poison, <{lanes} x i32> {order}")


def strided(em: Emitter, at: str, step: int, stored: DType) -> str:
    """Every `step`-th element from `at`: that many wide loads, and a shuffle for each but one.

    The last load ends at the last element needed, so that nothing beyond is touched.
    """
    kind, lanes, size = memory_type(stored), stored.lanes, stored.bytes
    last = (lanes - 1) * step + 1 - lanes
    result = "poison"
    for part in range(step):
        start = min(part * lanes, last)
        address = at if start == 0 else _offset(em, stored, at, start)
        loaded = em.let(f"load {kind}, ptr {address}, align {size}")
        order = _picks(step, lanes, part * lanes, start)
        if part == 0:
            operands = f"{kind} {loaded}, {kind} poison"
        else:
            operands = f"{kind} {result}, {kind} {loaded}"
        result = em.let(f"shufflevector {operands}, <{lanes} x i32> {order}")
    return result


def _picks(step: int, lanes: int, low: int, start: int) -> str:
    """The shuffle taking what lies in elements from `low` on out of the load from `start`."""
    picks = []
    for lane in range(lanes):
        place = lane * step
        if low == 0:
            picks.append(str(place) if place < lanes else "poison")
        elif low <= place < low + lanes:
            picks.append(str(lanes + place - start))
        else:
            picks.append(str(lane) if place < low else "poison")
    return "<" + ", ".join("i32 " + pick for pick in picks) + ">"


def _offset(em: Emitter, stored: DType, at: str, elements: int) -> str:
    element = memory_type(stored.scalar)
    return em.once(f"getelementptr inbounds {element}, ptr {at}, i64 {elements}")


def _types(stored: DType) -> tuple[str, str, str]:
    lanes = stored.lanes
    return memory_type(stored), f"<{lanes} x i1>", f"<{lanes} x ptr>"


def _bits(mask: Value) -> str:
    return mask if type(mask) is str else "splat (i1 true)"
