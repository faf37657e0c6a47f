"""Finds the points at which a read reaches a given element, by solving for its indices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from autosched.analysis.affine import depends_on
from autosched.analysis.bounds import Bounds
from autosched.analysis.linear import Linear
from autosched.analysis.simplify import linear, prove, simplify
from autosched.ir.build import add, and_, const, eq, floordiv, floormod, le, lt, mul, sub
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr, FloorDiv, FloorMod, Var
from autosched.ir.rewrite import substitute
from autosched.te.axis import Axis, AxisKind

Equation = tuple[Expr, Expr]
"""An index over the axes of a read, and the value that it must have."""


@dataclass(frozen=True)
class Inverse:
    """The points of some axes at which indices have given values.

    `values` has an expression for each axis, over the given values and over `free`, new reduce
    axes that take any value. The points that fulfil `condition` are the solutions.
    """

    values: dict[Var, Expr]
    free: tuple[Axis, ...]
    condition: Expr


def invert(
    indices: Sequence[Expr], axes: Sequence[Axis], elements: Sequence[Axis], shape: Sequence[Expr]
) -> Inverse:
    """Return where `indices` over `axes` are equal to `elements`, which lie within `shape`.

    An index that is linear in an axis is solved for it, and quotients with their remainders for
    what is divided. Others become conditions.
    """
    bounds = Bounds()
    for axis in axes:
        bounds.add_loop(axis, axis.start, axis.extent)
    for element, extent in zip(elements, shape, strict=True):
        bounds.add_loop(element, const(0), extent)
    solving = _Solving(bounds, dict.fromkeys(axes))
    for index, value in solving.undivided(list(zip(indices, elements, strict=True))):
        solving.solve(index, value)
    return solving.result(axes)


class _Solving:
    """Axes that are still `unsolved`, the `values` of the others, and conditions."""

    def __init__(self, bounds: Bounds, unsolved: dict[Axis, None]):
        self.bounds = bounds
        self.unsolved = unsolved
        self.values: dict[Var, Expr] = {}
        self.conditions: list[Expr] = []

    def undivided(self, equations: list[Equation]) -> list[Equation]:
        """Join `x // c == a` and `x % c == b` to `x == a * c + b`; a missing `b` is a new axis."""
        while (joined := self._joined(equations)) is not None:
            equations = joined
        found = []
        for index, value in equations:
            atom = linear(index, self.bounds).atom()
            if isinstance(atom, FloorDiv) and _is_positive(atom.b):
                rest = Axis("rest", INDEX, const(0), atom.b, AxisKind.REDUCE)
                self.bounds.add_loop(rest, rest.start, rest.extent)
                self.unsolved[rest] = None
                index, value = atom.a, add(mul(value, atom.b), rest)
            found.append((index, value))
        return found

    def _joined(self, equations: list[Equation]) -> list[Equation] | None:
        forms = [linear(index, self.bounds) for index, _ in equations]
        for place, (_, remainder) in enumerate(equations):
            atom = forms[place].atom()
            if not isinstance(atom, FloorMod) or not _is_positive(atom.b):
                continue
            quotient = linear(floordiv(atom.a, atom.b), self.bounds)
            if quotient in forms:
                other = forms.index(quotient)
                value = add(mul(equations[other][1], atom.b), remainder)
                self.conditions.append(lt(remainder, atom.b))
                left = [each for n, each in enumerate(equations) if n not in (place, other)]
                return [*left, (atom.a, value)]
        return None

    def solve(self, index: Expr, value: Expr) -> None:
        """Solve for the longest axis in which the index is linear, or note a condition."""
        form = linear(substitute(index, self.values), self.bounds)
        axis = max(filter(form.terms.get, self.unsolved), key=_length, default=None)
        if axis is None or _occurs(axis, form.without(axis)):
            self.conditions.append(eq(form.to_expr(), value))
            return
        factor = form.terms[axis]
        product = sub(value, form.without(axis).to_expr())
        if factor < 0:
            product = sub(const(0), product)
        solution = floordiv(product, abs(factor))
        self.conditions += [
            eq(floormod(product, abs(factor)), const(0)),
            le(axis.start, solution),
            lt(solution, add(axis.start, axis.extent)),
        ]
        known: dict[Var, Expr] = {axis: solution}
        self.values = {a: substitute(v, known) for a, v in self.values.items()} | known
        self.conditions = [substitute(each, known) for each in self.conditions]
        del self.unsolved[axis]

    def result(self, axes: Sequence[Axis]) -> Inverse:
        free = {
            axis: Axis(axis.name, INDEX, axis.start, axis.extent, AxisKind.REDUCE)
            for axis in self.unsolved
        }
        for axis in free.values():
            self.bounds.add_loop(axis, axis.start, axis.extent)
        values: dict[Var, Expr] = {
            axis: simplify(substitute(self.values.get(axis, axis), free), self.bounds)
            for axis in axes
        }
        conditions = [substitute(each, free) for each in self.conditions]
        needed = [each for each in conditions if prove(each, self.bounds) is not True]
        return Inverse(values, tuple(free.values()), and_(const(True), *needed))


def _is_positive(divisor: Expr) -> bool:
    return isinstance(divisor, Const) and divisor.value > 0


def _length(axis: Axis) -> float:
    return float(axis.extent.value) if isinstance(axis.extent, Const) else float("inf")


def _occurs(axis: Axis, form: Linear) -> bool:
    return depends_on(form, axis)
