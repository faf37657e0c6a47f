"""Functions in pieces, each with a short polynomial, whose coefficients are taken from tables.

AVX-512 has an instruction that takes a number for each lane from a table of 32. So tanh and erf
take half the time of one long polynomial, an exponential and a division.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.math.emit import Function, Value, literal
from autosched.codegen.llvm.math.pieces import COUNT, Pieces
from autosched.codegen.llvm.text import instructions as llvm
from autosched.ir.dtype import DType

LANES = COUNT // 2
"""Floats of a register; two of them hold a table."""

_INSTRUCTION = "llvm.x86.avx512.vpermi2var.ps.512"
_FLOATS, _INTEGERS = llvm.vector("float", LANES), llvm.vector("i32", LANES)


def has_tables(dtype: DType, features: str) -> bool:
    """Whether a target with these features takes numbers of `dtype` from tables."""
    return dtype.bits == 32 and "+avx512f" in features.split(",")


def in_pieces(f: Function, pieces: Pieces) -> Value:
    """Return an odd function that rises to one, by its pieces; exactly odd.

    f(c) + t^2 R(t) is rounded to the precision of f(c), and f'(c) t is added to that.
    """
    (x,) = f.arguments
    a = x.fabs().at_most(pieces.last)
    places = Places(f, f.fma(a, pieces.inverse_step, f.form.round_to_integer))
    center, value, slope, *rest = map(places.taken, pieces.blocks)
    t = a - center
    curve = rest.pop()
    for coefficient in reversed(rest):
        curve = f.fma(curve, t, coefficient)
    return f.fma(t, slope, f.fma(t * t, curve, value)).copysign(x)


class Places:
    """The places in tables, in the low bits of a float for each lane."""

    def __init__(self, f: Function, place: Value):
        self.f = f
        self.parts = [self._part(place.bits(), first) for first in range(0, f.lanes, LANES)]

    def taken(self, table: Sequence[float]) -> Value:
        """Return the number at the place of each lane, in a table of 32 numbers."""
        f = self.f
        halves = [self._constant(table[:LANES]), self._constant(table[LANES:])]
        given = [f"{_FLOATS} {halves[0]}", "", f"{_FLOATS} {halves[1]}"]
        found = []
        for part in self.parts:
            given[1] = f"{_INTEGERS} {part}"
            found.append(f.let(llvm.call(_FLOATS, _INSTRUCTION, given)))
        return self._whole(found)

    def _constant(self, numbers: Sequence[float]) -> str:
        return "<" + ", ".join(f"float {literal('float', number)}" for number in numbers) + ">"

    def _part(self, place: Value, first: int) -> str:
        """Return 16 lanes of the places, the last ones undefined where there are fewer."""
        f, kind = self.f, self.f.type("i32")
        if f.lanes == 1:
            return f.let(llvm.insert(_INTEGERS, "poison", "i32", place.name, 0))
        last = f.lanes - 1
        of = [min(lane, last) for lane in range(first, first + LANES)]
        return f.let(llvm.shuffle(kind, place.name, "poison", of))

    def _whole(self, parts: list[str]) -> Value:
        """Return the lanes of the parts, one part after the other."""
        f, lanes = self.f, LANES
        if f.lanes == 1:
            return Value(f, "float", f.let(llvm.extract(_FLOATS, parts[0], 0)))
        while len(parts) > 1:
            kind = llvm.vector("float", lanes)
            pairs = zip(parts[::2], [*parts[1::2], "poison"], strict=False)
            parts = [f.let(llvm.shuffle(kind, a, b, range(2 * lanes))) for a, b in pairs]
            lanes *= 2
        if lanes != f.lanes:
            kind = llvm.vector("float", lanes)
            parts = [f.let(llvm.shuffle(kind, parts[0], "poison", range(f.lanes)))]
        return Value(f, "float", parts[0])
