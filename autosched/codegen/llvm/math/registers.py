"""Instructions of AVX-512 on registers of 16 floats, for vectors of any number of lanes.

Lanes that a vector lacks are undefined, so that a number has one result in any vector.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.text import instructions as llvm
from autosched.ir.dtype import DType

LANES = 16
FLOATS, INTEGERS = llvm.vector("float", LANES), llvm.vector("i32", LANES)

_FROM_ONE = "i32 4"
"""Which mantissas are asked for: positive ones, from one to below two."""


def has_registers(dtype: DType, features: str) -> bool:
    """Whether a target with these features has the instructions for numbers of `dtype`."""
    return dtype.bits == 32 and "+avx512f" in features.split(",")


def parts_of(f: Function, value: Value) -> list[str]:
    """Return the registers, floats or integers of 32 bits, that hold the lanes of a value."""
    kind, part = f.type(value.element), llvm.vector(value.element, LANES)
    if f.lanes == 1:
        return [f.let(llvm.insert(part, "poison", value.element, value.name, 0))]
    last, found = f.lanes - 1, []
    for first in range(0, f.lanes, LANES):
        of = [min(lane, last) for lane in range(first, first + LANES)]
        found.append(f.let(llvm.shuffle(kind, value.name, "poison", of)))
    return found


def whole_of(f: Function, parts: Sequence[str]) -> Value:
    """Return the floats of the registers, one after the other."""
    lanes, left = LANES, list(parts)
    if f.lanes == 1:
        return Value(f, "float", f.let(llvm.extract(FLOATS, left[0], 0)))
    while len(left) > 1:
        kind = llvm.vector("float", lanes)
        pairs = zip(left[::2], [*left[1::2], "poison"], strict=False)
        left = [f.let(llvm.shuffle(kind, a, b, range(2 * lanes))) for a, b in pairs]
        lanes *= 2
    if lanes != f.lanes:
        kind = llvm.vector("float", lanes)
        left = [f.let(llvm.shuffle(kind, left[0], "poison", range(f.lanes)))]
    return Value(f, "float", left[0])


def magnitude(f: Function, x: Value) -> tuple[Value, Value]:
    """Return m and k of |x| = m 2^k with m from one to below two, denormals too.

    Of zero and infinity k is minus infinity and infinity, of NaN it is NaN.
    """
    others, usual = [f"{FLOATS} zeroinitializer", "i16 -1"], "i32 4"
    given = [f"{FLOATS} {part}" for part in parts_of(f, x)]
    m, k = (
        [f.let(llvm.call(FLOATS, f"llvm.x86.avx512.mask.{name}.ps.512", [part, *more, usual]))
         for part in given]
        for name, more in (("getmant", [_FROM_ONE, *others]), ("getexp", others))
    )  # fmt: skip
    return whole_of(f, m), whole_of(f, k)


def quotient(f: Function, a: Value, b: Value) -> Value:
    """Return a / b for normal b whose inverse is normal, within 0.6 ulp.

    An estimate of 14 bits and a step of Newton take less time than a division.
    """
    others = [f"{FLOATS} zeroinitializer", "i16 -1"]
    estimates = [
        f.let(llvm.call(FLOATS, "llvm.x86.avx512.rcp14.ps.512", [f"{FLOATS} {part}", *others]))
        for part in parts_of(f, b)
    ]
    inverse = whole_of(f, estimates)
    first = a * inverse
    return f.fma(f.fma(-b, first, a), inverse, first)
