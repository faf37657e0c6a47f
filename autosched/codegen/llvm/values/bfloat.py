"""Converts bfloat16 to float32 and back by integer operations on the upper half of the bits.

The instruction of processors treats denormals as zeros, so it rounds only vectors without any.
"""

from __future__ import annotations

from autosched.codegen.llvm.state.emitter import Emitter
from autosched.codegen.llvm.text import instructions as llvm
from autosched.codegen.llvm.text.module import definition
from autosched.codegen.llvm.text.operations import Operations
from autosched.codegen.llvm.text.types import mangled, register_type
from autosched.ir.dtype import FLOAT32, DType, dtype

_DENORMAL = 0x20
"""Bits for denormals in the mask of `llvm.is.fpclass`."""

_WORD = dtype("uint32")


def widened_bfloat(em: Emitter, value: str, source: DType) -> str:
    """Emit the float32 of a bfloat16."""
    word = _WORD.with_lanes(source.lanes)
    upper = em.binary("shl", word, em.convert("zext", value, source, word), 16)
    return em.convert("bitcast", upper, word, FLOAT32.with_lanes(source.lanes))


def rounded_bfloat(em: Emitter, value: str, target: DType) -> str:
    """Emit the bfloat16 nearest to a float32, ties to even; NaN stays NaN."""
    if not _has_instruction(em, target.lanes):
        return _by_integers(em, value, target)
    source = FLOAT32.with_lanes(target.lanes)
    symbol = f"autosched.rounded.{mangled(target)}"
    if symbol not in em.module.declarations:
        em.module.declarations[symbol] = _definition(Operations(em.module), symbol, target)
    return em.let(llvm.call(register_type(target), symbol, [em.typed(value, source)]))


def _has_instruction(em: Emitter, lanes: int) -> bool:
    features = em.module.target.features.split(",")
    has = all(f"+{name}" in features for name in ("avx512bf16", "avx512dq", "avx512vl"))
    return has and (lanes in (4, 8) or lanes % 16 == 0)


def _definition(body: Operations, symbol: str, target: DType) -> str:
    """Return a function with the instruction, and a branch that is taken if a lane is denormal."""
    lanes = target.lanes
    kind, result = register_type(FLOAT32.with_lanes(lanes)), register_type(target)
    step = min(lanes, 16)
    classes = f"llvm.x86.avx512.fpclass.ps.{32 * step}"
    part, mask, bits = llvm.vector("float", step), llvm.vector("i1", step), f"i{step}"
    body.module.declare(classes, mask, part, "i32 immarg")
    found = ""
    for first in range(0, lanes, step):
        some = body.let(llvm.shuffle(kind, "%x", "poison", range(first, first + step)))
        denormal = body.let(llvm.call(mask, classes, [f"{part} {some}", f"i32 {_DENORMAL}"]))
        found = body.let(llvm.binary("or", mask, found, denormal)) if found else denormal
    pattern = body.let(llvm.convert("bitcast", mask, found, bits))
    is_rare = body.let(llvm.binary("icmp ne", bits, pattern, "0"))
    expected = body.let(body.called("llvm.expect.i1", "i1", ("i1", is_rare), ("i1", "false")))
    halves = llvm.vector("bfloat", lanes)
    near = body.let(llvm.convert("fptrunc", kind, "%x", halves))
    usual = body.let(llvm.convert("bitcast", halves, near, result))
    body.branch(expected, "rare", "done")
    body.open("rare")
    rare = _by_integers(body, "%x", target)
    body.jump("done")
    body.open("done")
    chosen = body.let(llvm.phi(result, [(usual, "entry"), (rare, "rare")]))
    body.ret(f"{result} {chosen}")
    lines = ["entry:", *body.lines]
    return definition(
        result, symbol, [f"{kind} %x"], lines, linkage="internal ", attributes=" alwaysinline"
    )


def _by_integers(em: Operations, value: str, target: DType) -> str:
    source, word = FLOAT32.with_lanes(target.lanes), _WORD.with_lanes(target.lanes)
    pattern = em.convert("bitcast", value, source, word)
    odd = em.binary("and", word, em.binary("lshr", word, pattern, 16), 1)
    rounded = em.binary("add", word, em.binary("add", word, pattern, 0x7FFF), odd)
    nan = em.binary("fcmp uno", source, value, 0.0)
    quiet = em.binary("or", word, pattern, 0x400000)
    return _upper_half(em, em.select(nan, word, quiet, rounded), word, target)


def _upper_half(em: Operations, pattern: str, word: DType, target: DType) -> str:
    return em.convert("trunc", em.binary("lshr", word, pattern, 16), word, target)
