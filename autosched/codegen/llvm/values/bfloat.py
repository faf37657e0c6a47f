"""bfloat16 to float32 and back: the upper half of the bits, by integer operations.

The machine's own instruction takes denormals for zeros, so it rounds only vectors without any.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text.types import mangled, register_type
from autosched.ir.dtype import BOOL, FLOAT32, DType, dtype

_DENORMAL = 0x20
"""Bits for denormals in the mask of `llvm.is.fpclass`."""


def widened_bfloat(em: Emitter, value: str, source: DType) -> str:
    """The float32 of a bfloat16."""
    bits = dtype("uint32").with_lanes(source.lanes)
    word = register_type(bits)
    long = em.let(f"zext {register_type(source)} {value} to {word}")
    upper = em.let(f"shl {word} {long}, {em.text(16, bits)}")
    return em.let(f"bitcast {word} {upper} to {register_type(FLOAT32.with_lanes(source.lanes))}")


def exact_bfloat(em: Emitter, value: str, target: DType) -> str:
    """The bfloat16 of a float32 that is one."""
    bits = dtype("uint32").with_lanes(target.lanes)
    kind, word = register_type(FLOAT32.with_lanes(target.lanes)), register_type(bits)
    return _upper_half(em, em.let(f"bitcast {kind} {value} to {word}"), target)


def rounded_bfloat(em: Emitter, value: str, target: DType) -> str:
    """The bfloat16 nearest to a float32, ties to even; NaN stays NaN."""
    if not _has_instruction(em, target.lanes):
        return _by_integers(em, value, target)
    source = FLOAT32.with_lanes(target.lanes)
    symbol = f"autosched.rounded.{mangled(target)}"
    if symbol not in em.module.declarations:
        em.module.declarations[symbol] = _definition(em, symbol, target)
    return em.let(f"call {register_type(target)} @{symbol}({register_type(source)} {value})")


def _has_instruction(em: Emitter, lanes: int) -> bool:
    features = em.module.target.features.split(",")
    has = all(f"+{name}" in features for name in ("avx512bf16", "avx512dq", "avx512vl"))
    return has and (lanes in (4, 8) or lanes % 16 == 0)


def _definition(em: Emitter, symbol: str, target: DType) -> str:
    """A function with the instruction, and a branch that is taken where a lane is denormal."""
    lanes = target.lanes
    source = FLOAT32.with_lanes(lanes)
    kind, result = register_type(source), register_type(target)
    steps = Emitter(em.module, symbol)
    step = min(lanes, 16)
    classes = f"llvm.x86.avx512.fpclass.ps.{32 * step}"
    part, mask = f"<{step} x float>", f"<{step} x i1>"
    em.module.declare(classes, mask, part, "i32 immarg")
    found = ""
    for first in range(0, lanes, step):
        order = ", ".join(f"i32 {first + lane}" for lane in range(step))
        some = steps.let(f"shufflevector {kind} %x, {kind} poison, <{step} x i32> <{order}>")
        denormal = steps.let(f"call {mask} @{classes}({part} {some}, i32 {_DENORMAL})")
        found = steps.let(f"or {mask} {found}, {denormal}") if found else denormal
    bits = steps.let(f"bitcast {mask} {found} to i{step}")
    is_rare = steps.let(f"icmp ne i{step} {bits}, 0")
    em.module.declare("llvm.expect.i1", "i1", "i1", "i1")
    expected = steps.let(f"call i1 @llvm.expect.i1(i1 {is_rare}, i1 false)")
    near = steps.let(f"fptrunc {kind} %x to <{lanes} x bfloat>")
    usual = steps.let(f"bitcast <{lanes} x bfloat> {near} to {result}")
    steps.branch(expected, "rare", "done")
    steps.open("rare")
    rare = _by_integers(steps, "%x", target)
    steps.jump("done")
    steps.open("done")
    chosen = steps.let(f"phi {result} [ {usual}, %entry ], [ {rare}, %rare ]")
    head = f"define internal {result} @{symbol}({kind} %x) alwaysinline {{"
    return "\n".join([head, "entry:", *steps.lines, f"  ret {result} {chosen}", "}"])


def _by_integers(em: Emitter, value: str, target: DType) -> str:
    source, bits = FLOAT32.with_lanes(target.lanes), dtype("uint32").with_lanes(target.lanes)
    word = register_type(bits)

    def step(operation: str, a: str, b: int | str) -> str:
        return em.let(f"{operation} {word} {a}, {em.text(b, bits)}")

    pattern = em.let(f"bitcast {register_type(source)} {value} to {word}")
    odd = step("and", step("lshr", pattern, 16), 1)
    rounded = step("add", step("add", pattern, 0x7FFF), odd)
    nan = em.let(f"fcmp uno {register_type(source)} {value}, {em.text(0.0, source)}")
    quiet = step("or", pattern, 0x400000)
    bools = register_type(BOOL.with_lanes(target.lanes))
    chosen = em.let(f"select {bools} {nan}, {word} {quiet}, {word} {rounded}")
    return _upper_half(em, chosen, target)


def _upper_half(em: Emitter, pattern: str, target: DType) -> str:
    bits = dtype("uint32").with_lanes(target.lanes)
    word = register_type(bits)
    upper = em.let(f"lshr {word} {pattern}, {em.text(16, bits)}")
    return em.let(f"trunc {word} {upper} to {register_type(target)}")
