"""Functions in pieces, each with a short polynomial, whose coefficients are taken from tables.

AVX-512 has instructions that take a number for each lane from a table of 16 or 32. So tanh and erf
take half the time of one long polynomial, an exponential and a division.
"""

from __future__ import annotations

from collections.abc import Sequence

from autosched.codegen.llvm.math.emit import Function, Value, literal
from autosched.codegen.llvm.math.pieces import COUNT, Pieces
from autosched.codegen.llvm.math.registers import parts_of, register_of, whole_of
from autosched.codegen.llvm.text import instructions as llvm


def in_pieces(f: Function, pieces: Pieces) -> Value:
    """Return an odd function that rises to one, by its pieces; exactly odd.

    f(c) + t^2 R(t) is rounded to the precision of f(c), and f'(c) t is added to that. No place is
    found by a multiply-add, whose pipes the look-ups and the polynomial are bound by.
    """
    (x,) = f.arguments
    a = x.fabs().at_most(pieces.last)
    magic = f.form.round_to_integer / pieces.inverse_step
    end = (COUNT - 1) / pieces.inverse_step
    # The last piece is longer where the function rounds to one behind its place.
    shifted = (a if pieces.last < end + 0.5 / pieces.inverse_step else a.at_most(end)) + magic
    value, slope, *rest = map(Places(f, shifted.bits()).taken, pieces.blocks)
    t = a - (shifted - magic)
    return f.fma(t, slope, f.fma(t * t, f.estrin(t, rest), value)).copysign(x)


class Places:
    """The places in tables, in the low bits of an integer for each lane."""

    def __init__(self, f: Function, place: Value):
        self.f = f
        self.parts = parts_of(f, place)

    def taken(self, table: Sequence[float]) -> Value:
        """Return the number at the place of each lane, in a table of one or two registers."""
        f, register = self.f, register_of(self.f)
        floats, lanes = register.floats, register.lanes
        low, *high = (
            f"{floats} {_constant(register.element, table[first : first + lanes])}"
            for first in range(0, len(table), lanes)
        )
        letters = register.letters
        symbol = f"vpermi2var.{letters}" if high else f"permvar.{letters[1]}f"
        given = [[low, f"{register.integers} {part}", *high] for part in self.parts]
        return whole_of(
            f, [f.let(llvm.call(floats, f"llvm.x86.avx512.{symbol}.512", each)) for each in given]
        )


def _constant(element: str, numbers: Sequence[float]) -> str:
    return "<" + ", ".join(f"{element} {literal(element, number)}" for number in numbers) + ">"
