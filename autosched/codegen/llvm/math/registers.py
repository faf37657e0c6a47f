"""Instructions of AVX-512 on registers of 512 bits, for vectors of any number of lanes.

Lanes that a vector lacks are undefined, so that a number has one result in any vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.codegen.llvm.math.emit import Function, Value
from autosched.codegen.llvm.text import instructions as llvm

_BY_THREE_QUARTERS = "i32 11"
"""Which mantissas are asked for: from 0.75 to below 1.5, NaN for negative numbers."""


@dataclass(frozen=True, slots=True)
class Register:
    """A register of floats: its lanes, and its types in LLVM."""

    lanes: int
    element: str
    integer: str
    letters: str
    """The end of its instructions' names."""

    @property
    def floats(self) -> str:
        return llvm.vector(self.element, self.lanes)

    @property
    def integers(self) -> str:
        return llvm.vector(self.integer, self.lanes)

    @property
    def all_lanes(self) -> list[str]:
        """The arguments of an instruction that leaves no lane out."""
        return [f"{self.floats} zeroinitializer", f"i{self.lanes} -1"]


_REGISTERS = {
    32: Register(16, "float", "i32", "ps"),
    64: Register(8, "double", "i64", "pd"),
}


def has_registers(features: str) -> bool:
    """Whether a target with these features has the instructions."""
    return "+avx512f" in features.split(",")


def register_of(f: Function) -> Register:
    """Return the register for the floats of a function."""
    return _REGISTERS[f.dtype.bits]


def parts_of(f: Function, value: Value) -> list[str]:
    """Return the registers, floats or integers of their size, that hold the lanes of a value."""
    size = register_of(f).lanes
    kind, part = f.type(value.element), llvm.vector(value.element, size)
    if f.lanes == 1:
        return [f.let(llvm.insert(part, "poison", value.element, value.name, 0))]
    last, found = f.lanes - 1, []
    for first in range(0, f.lanes, size):
        of = [min(lane, last) for lane in range(first, first + size)]
        found.append(f.let(llvm.shuffle(kind, value.name, "poison", of)))
    return found


def whole_of(f: Function, parts: Sequence[str]) -> Value:
    """Return the floats of the registers, one after the other."""
    register = register_of(f)
    element, lanes, left = register.element, register.lanes, list(parts)
    if f.lanes == 1:
        return Value(f, element, f.let(llvm.extract(register.floats, left[0], 0)))
    while len(left) > 1:
        kind = llvm.vector(element, lanes)
        pairs = zip(left[::2], [*left[1::2], "poison"], strict=False)
        left = [f.let(llvm.shuffle(kind, a, b, range(2 * lanes))) for a, b in pairs]
        lanes *= 2
    if lanes != f.lanes:
        kind = llvm.vector(element, lanes)
        left = [f.let(llvm.shuffle(kind, left[0], "poison", range(f.lanes)))]
    return Value(f, element, left[0])


def mantissa_and_exponent(f: Function, x: Value) -> tuple[Value, Value]:
    """Return m and k of x = m 2^k with m from 0.75 to below 1.5, denormals too.

    Of zero and infinity k is minus infinity and infinity, of NaN it is NaN. m of negative numbers
    is NaN.
    """
    m = _called(f, "mask.getmant", x, _BY_THREE_QUARTERS)
    return m, _called(f, "mask.getexp", x) - _called(f, "mask.getexp", m)


def quotient(f: Function, a: Value | float, b: Value) -> Value:
    """Return a / b of float32 for normal b whose inverse is normal, within 0.6 ulp.

    An estimate of 14 bits and a step of Newton take less time than a division.
    """
    inverse = _called(f, "rcp14", b, rounded=False)
    first = inverse * a
    return f.fma(f.fma(-b, first, a), inverse, first)


def _called(f: Function, name: str, x: Value, *more: str, rounded: bool = True) -> Value:
    """Return the results of an instruction on all registers of x."""
    register = register_of(f)
    symbol = f"llvm.x86.avx512.{name}.{register.letters}.512"
    given = [*more, *register.all_lanes, *["i32 4"] * rounded]
    kind = register.floats
    parts = [f.let(llvm.call(kind, symbol, [f"{kind} {part}", *given])) for part in parts_of(f, x)]
    return whole_of(f, parts)
