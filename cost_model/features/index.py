"""Index expressions as sums of axes, so that the values they take can be counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import gcd

from autosched.analysis.affine import describe, to_linear
from autosched.analysis.linear import Linear
from autosched.cost_model.features.numbers import Extent, Multiple, Number
from autosched.ir.expr import Expr, FloorDiv, FloorMod, Var
from autosched.ir.traverse import free_vars
from autosched.te.axis import Axis


@dataclass(frozen=True, slots=True)
class Opaque:
    """An expression of `axes` about which nothing else is known."""

    axes: frozenset[Axis]


@dataclass(frozen=True, slots=True)
class Index:
    """The value `(sum of coefficient * source) % above // unit`; no modulo if `above` is None.

    `terms` has the sources and their coefficients. All values of the sum differ by multiples of
    `step`.
    """

    terms: tuple[tuple[Axis | Index | Opaque, Extent], ...]
    step: int = 1
    unit: Number = 1
    above: Number | None = None

    @property
    def axes(self) -> frozenset[Axis]:
        found: frozenset[Axis] = frozenset()
        for source, _ in self.terms:
            found |= frozenset((source,)) if isinstance(source, Axis) else source.axes
        return found

    @property
    def is_plain(self) -> bool:
        return type(self.unit) is int and self.unit == 1 and self.above is None

    @property
    def axis(self) -> Axis | None:
        """The axis that the index is, if it is one."""
        if not self.is_plain or len(self.terms) != 1:
            return None
        source, coefficient = self.terms[0]
        return source if isinstance(source, Axis) and coefficient == 1 else None


Strides = Mapping[Axis, tuple[int, Extent]]
"""For axes whose coefficients are multiples of an undecided number: its sample, and the number."""


def index_of(expr: Expr, strides: Strides) -> Index:
    """Return an expression as an index. Constant terms are left out: they only shift it."""
    return _of_linear(to_linear(expr), strides)


def sum_of(terms: Sequence[tuple[Axis, Number]]) -> Index:
    """Return the sum of axes with coefficients."""
    known = [coefficient for _, coefficient in terms if isinstance(coefficient, int)]
    step = gcd(*known) if len(known) == len(terms) else 1
    return Index(tuple(terms), step or 1)


def part_of(whole: Index, unit: Number, above: Number | None) -> Index:
    """Return `whole % above // unit`."""
    if not whole.is_plain:
        whole = Index(((whole, 1),))
    return Index(whole.terms, whole.step, unit, above)


def _of_linear(linear: Linear, strides: Strides) -> Index:
    terms: list[tuple[Axis | Index | Opaque, Extent]] = []
    step = 0
    for atom, coefficient in linear.terms.items():
        times, whole = abs(coefficient), None
        if isinstance(atom, Axis) and atom in strides:
            sample, whole = strides[atom]
            times //= sample
        step = gcd(step, times)
        if isinstance(atom, Axis) or _axes(atom):
            extent = times if whole is None else Multiple(times, whole)
            terms.append((_source(atom, strides), extent))
    return Index(tuple(terms), step or 1)


def _source(atom: Expr, strides: Strides) -> Axis | Index | Opaque:
    if isinstance(atom, Axis):
        return atom
    about = describe(atom)
    if about is None or about.kind not in (FloorDiv, FloorMod):
        return Opaque(_axes(atom))
    dividend, divisor = about.operands
    if divisor.terms or divisor.const < 1:
        return Opaque(_axes(atom))
    whole = _of_linear(dividend, strides)
    if about.kind is FloorDiv:
        return part_of(whole, divisor.const, None)
    return part_of(whole, 1, divisor.const)


def _axes(expr: Expr) -> frozenset[Axis]:
    if isinstance(expr, Var) and not isinstance(expr, Axis):
        return frozenset()
    return frozenset(var for var in free_vars(expr) if isinstance(var, Axis))
