"""Finds the range that an index expression sweeps while some of its variables run.

A range is (min, extent): every value is at least `min` and less than `min + extent`. It
may be larger than the values need, never smaller; it is exact for sums of variables.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import gcd

from autosched.analysis.affine import Atom, describe, multiply, product_atom, vars_of
from autosched.analysis.bounds import MOST_ELEMENTS, Bounds
from autosched.analysis.divmod import floordiv, floormod
from autosched.analysis.elimination import nonnegative
from autosched.analysis.handlers import MOST_NESTED
from autosched.analysis.linear import Linear, of_atom
from autosched.analysis.recombine import extremum
from autosched.analysis.simplify import linear, simplify
from autosched.ir import expr as e
from autosched.ir.expr import Expr, Var
from autosched.ir.traverse import postorder

Range = tuple[Expr, Expr]

MAX_ROUNDS = 8
"""Rounds in which starts and extents that depend on other relaxed variables are resolved."""


@dataclass(slots=True, eq=False)
class _Sweep:
    """Values from `first` to `first + width`, both included."""

    first: Linear
    width: Linear


class _Unbounded(Exception):
    """Raised if the expression depends on data or on an unbounded variable, or may wrap."""


class _MayWrap(Exception):
    """Raised if the ends of an operand's sweep may leave 64 bits, so that no rule holds."""


def relax(expr: Expr, relaxed: Mapping[Var, Range], bounds: Bounds | None = None) -> Range | None:
    """Return the range (min, extent) of `expr` while the variables of `relaxed` run.

    `relaxed` maps a variable to (start, extent); the others stay fixed, and `bounds` has facts
    about them. Returns None if there is no such range, as for a value from memory.
    """
    bounds = Bounds() if bounds is None else bounds
    form = linear(expr, bounds)
    if not form.terms:
        return form.to_expr(), Linear(1).to_expr()
    if bounds.may_wrap(form):
        return None
    try:
        sweep = _Relaxer(relaxed, bounds).settled(form)
    except _Unbounded:
        return None
    if bounds.may_wrap(sweep.first, sweep.width + 1):
        return None
    first = simplify(sweep.first.to_expr(), bounds)
    return first, simplify((sweep.width + 1).to_expr(), bounds)


def union(a: Range, b: Range, bounds: Bounds | None = None) -> Range:
    """Return the least range that contains both; exact if the minima differ by a constant."""
    bounds = Bounds() if bounds is None else bounds
    sweeps = [_Sweep(linear(first, bounds), linear(extent, bounds) - 1) for first, extent in (a, b)]
    joined = _join(sweeps[0], sweeps[1], bounds)
    return joined.first.to_expr(), (joined.width + 1).to_expr()


def _join(a: _Sweep, b: _Sweep, bounds: Bounds) -> _Sweep:
    first = extremum(e.Min, a.first, b.first, bounds)
    width = extremum(e.Max, a.first - first + a.width, b.first - first + b.width, bounds)
    return _Sweep(first, width)


class _Relaxer:
    """Finds sweeps of linear forms; `ranges` are (start, extent) of the variables that run."""

    def __init__(self, ranges: Mapping[Var, Range], bounds: Bounds):
        self.ranges = ranges
        self.bounds = bounds
        self.atoms: dict[Expr, _Sweep] = {}
        self.depth = 0
        self.pure: set[Expr] = set()
        """Nodes without a read of memory in their expression."""

    def settled(self, form: Linear) -> _Sweep:
        """Return the sweep of `form`, with no running variable left in its ends."""
        sweep = self.linear(form)
        for _ in range(MAX_ROUNDS):
            if self.fixed(sweep.first) and self.fixed(sweep.width):
                return sweep
            low, high = self.linear(sweep.first), self.linear(sweep.first + sweep.width)
            sweep = _Sweep(low.first, high.first + high.width - low.first)
        raise _Unbounded

    def fixed(self, form: Linear) -> bool:
        return vars_of(form).isdisjoint(self.ranges)

    def linear(self, form: Linear) -> _Sweep:
        first, width = Linear(form.const), Linear()
        for atom, k in form.terms.items():
            part = self.atom(atom)
            first = first + (part.first * k if k > 0 else (part.first + part.width) * k)
            width = width + part.width * abs(k)
        return _Sweep(first, width)

    def atom(self, atom: Expr) -> _Sweep:
        known = self.atoms.get(atom)
        if known is None:
            self.depth += 1
            if self.depth % MOST_NESTED == 0:
                self._operands_first(atom)
            known = self.atoms[atom] = self._atom(atom)
            self.depth -= 1
        return known

    def _operands_first(self, atom: Expr) -> None:
        self.depth += 1
        for inner in postorder((atom,), _atoms_in)[:-1]:
            with suppress(_Unbounded):
                self.atom(inner)
        self.depth -= 1

    def _atom(self, atom: Expr) -> _Sweep:
        about = describe(atom)
        if about is None:
            own = self.ranges.get(atom)  # type: ignore[call-overload]
            if own is None:
                return _Sweep(of_atom(atom), Linear())
            start, extent = own
            return _Sweep(linear(start, self.bounds), linear(extent, self.bounds) - 1)
        if about.data or self._reads_memory(atom):
            raise _Unbounded
        if about.vars.isdisjoint(self.ranges):
            return _Sweep(of_atom(atom), Linear())
        rule = _RULES.get(about.kind)
        if rule is None or self._operands_may_wrap(atom, about):
            return self.numeric(atom)
        try:
            return self._tighter(rule(self, atom, about), atom)
        except _MayWrap:
            return self.numeric(atom)

    def operand(self, form: Linear) -> _Sweep:
        """Return the sweep of an operand of an atom."""
        sweep = self.linear(form)
        if self.bounds.may_wrap(sweep.first, sweep.width):
            raise _MayWrap
        return sweep

    def _reads_memory(self, atom: Expr) -> bool:
        if atom in self.pure:
            return False
        nodes = postorder((atom,))
        if any(type(node) not in _PURE and not isinstance(node, Var) for node in nodes):
            return True
        self.pure.update(nodes)
        return False

    def _operands_may_wrap(self, atom: Expr, about: Atom) -> bool:
        if not about.operands:
            return type(atom) is e.Mul and self.bounds.product_may_wrap(atom)
        return self.bounds.may_wrap(*about.operands)

    def numeric(self, atom: Expr) -> _Sweep:
        """Return the sweep between the numeric bounds of `atom`.

        All numbers of 64 bits are no bounds: no buffer has so many elements.
        """
        low, high = self.bounds.atom_span(atom)
        if high - low > MOST_ELEMENTS:
            raise _Unbounded
        return _Sweep(Linear(int(low)), Linear(int(high - low)))

    def _tighter(self, sweep: _Sweep, atom: Expr) -> _Sweep:
        low, high = self.bounds.atom_span(atom)
        if not sweep.width.terms and high - low < sweep.width.const:
            return self.numeric(atom)
        return sweep


def _product(relaxer: _Relaxer, atom: Expr, about: Atom) -> _Sweep:
    """Return the sweep of one factor that runs, times fixed factors of known sign."""
    running = [f for f in about.factors if not relaxer.fixed(of_atom(f))]
    fixed = [f for f in about.factors if relaxer.fixed(of_atom(f))]
    if len(running) != 1:
        return relaxer.numeric(atom)
    scale = of_atom(product_atom(tuple(fixed)))
    part = relaxer.atom(running[0])
    if nonnegative(scale, relaxer.bounds):
        return _Sweep(multiply(part.first, scale), multiply(part.width, scale))
    if nonnegative(-scale, relaxer.bounds):
        last = part.first + part.width
        return _Sweep(multiply(last, scale), multiply(part.width, -scale))
    return relaxer.numeric(atom)


def _floordiv(relaxer: _Relaxer, atom: Expr, about: Atom) -> _Sweep:
    part, c = relaxer.operand(about.operands[0]), _positive_constant(about.operands[1])
    if c is None:
        return relaxer.numeric(atom)
    bounds, divisor = relaxer.bounds, Linear(c)
    reach = part.width + _largest_remainder(part.first, c, bounds)
    if bounds.may_wrap(reach):
        raise _MayWrap
    return _Sweep(floordiv(part.first, divisor, bounds), floordiv(reach, divisor, bounds))


def _floormod(relaxer: _Relaxer, atom: Expr, about: Atom) -> _Sweep:
    x, divisor = about.operands
    part, c = relaxer.operand(x), _positive_constant(divisor)
    if c is None:
        if not relaxer.fixed(divisor) or not nonnegative(divisor - 1, relaxer.bounds):
            return relaxer.numeric(atom)
        return _Sweep(Linear(), divisor - 1)
    bounds = relaxer.bounds
    reach = part.width + _largest_remainder(part.first, c, bounds)
    if nonnegative(-reach + (c - 1), bounds):
        return _Sweep(floormod(part.first, Linear(c), bounds), part.width)
    return _Sweep(Linear(), Linear(c - 1))


def _positive_constant(form: Linear) -> int | None:
    return form.const if not form.terms and form.const > 0 else None


def _largest_remainder(first: Linear, c: int, bounds: Bounds) -> int:
    """Return an upper bound of `first % c`, from common divisors of its terms and its range."""
    remainder = floormod(first, Linear(c), bounds)
    high = bounds.span(remainder)[1]
    step = gcd(c, *first.terms.values())
    return min(c - step + first.const % step, c - 1 if math.isinf(high) else int(high))


def _extremum(relaxer: _Relaxer, atom: Expr, about: Atom) -> _Sweep:
    """Return the sweep of a Min or Max, whose ends move no further than the wider operand."""
    kind = type(atom)
    assert issubclass(kind, e.Binary)
    a, b = map(relaxer.operand, about.operands)
    first = extremum(kind, a.first, b.first, relaxer.bounds)
    return _Sweep(first, extremum(e.Max, a.width, b.width, relaxer.bounds))


def _select(relaxer: _Relaxer, atom: Expr, about: Atom) -> _Sweep:
    then, otherwise = map(relaxer.operand, about.operands)
    return _join(then, otherwise, relaxer.bounds)


def _atoms_in(atom: Expr) -> tuple[Expr, ...]:
    about = describe(atom)
    if about is None:
        return ()
    return about.factors + tuple(inner for form in about.operands for inner in form.terms)


_PURE = frozenset(
    (
        e.Const, e.Add, e.Sub, e.Mul, e.FloorDiv, e.FloorMod, e.Min, e.Max, e.Select, e.Cast,
        e.Lt, e.Le, e.Eq, e.Ne, e.And, e.Or, e.Not,
    )
)  # fmt: skip

_RULES: dict[type, Callable[[_Relaxer, Expr, Atom], _Sweep]] = {
    e.Mul: _product, e.FloorDiv: _floordiv, e.FloorMod: _floormod, e.Min: _extremum,
    e.Max: _extremum, e.Select: _select,
}  # fmt: skip
