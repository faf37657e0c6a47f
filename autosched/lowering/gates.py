"""Gates: loops leave out tiles of which nothing is needed.

A term of a reduction that is known to be its identity may be left out, and an element that no
reader then needs. Such a condition is relaxed over the loops inside the innermost serial one that
it depends on, so that it holds for a tile if it does for any of its points, and points of a tile
need no conditions:

    for k.outer in 0..64:                            for k.outer in 0..64:
        unrolled k.inner in 0..4:                        if k.outer*4 <= i0 + 5:
            unrolled i in 0..6:                ->            unrolled k.inner in 0..4:
                C[i] += P[i0 + i, k] * V[k]                      unrolled i in 0..6: ...

`tighten` makes bounds of loops of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from autosched.analysis.inequalities import conjuncts, nonnegative_forms
from autosched.analysis.linear import Linear
from autosched.analysis.regions import relax
from autosched.analysis.simplify import linear, prove, simplify
from autosched.ir.build import add, const, floordiv, le, maximum, minimum, sub
from autosched.ir.expr import Expr, Var
from autosched.ir.rewrite import substitute
from autosched.ir.stmt import LoopKind
from autosched.ir.traverse import free_vars
from autosched.lowering.plan import ZERO, Gate, Plan, Range, Ranges, add_condition
from autosched.te.axis import Axis, AxisKind


def add_gates(plan: Plan, ranges: Ranges) -> None:
    """Add the gates of a complete plan, and their conditions."""
    for form, roots in _forms(plan):
        is_data = roots <= set(plan.op.axis)
        gate = _gate(plan, form, AxisKind.DATA if is_data else AxisKind.REDUCE, ranges)
        open_ = None if gate is None else le(ZERO, gate.form.to_expr())
        if gate is not None and open_ is not None and prove(open_, ranges.bounds) is not True:
            plan.gates.append(gate)
            add_condition(plan, open_, roots, ranges)


def _forms(plan: Plan) -> Iterator[tuple[Linear, frozenset[Axis]]]:
    """Yield forms that are not negative where something is needed, each with its axes."""
    if plan.reduction is not None:
        for part in conjuncts(plan.reduction.relevant):
            roots = frozenset(axis for axis in plan.values if axis in free_vars(part))
            for form in nonnegative_forms(substitute(part, plan.values)) or ():
                yield form, roots
    for axis, (first, extent) in plan.needed.items():
        value = plan.values[axis]
        for condition in (le(first, value), le(value, sub(add(first, extent), const(1)))):
            for form in nonnegative_forms(condition) or ():
                yield form, frozenset((axis,))


def _gate(plan: Plan, form: Linear, kind: AxisKind, ranges: Ranges) -> Gate | None:
    """Return the gate of a form: at the innermost serial loop of a kind that it depends on."""
    kinds, leaves = plan.stage.kinds, plan.stage.leaves
    serial = [
        position
        for position, axis in enumerate(leaves)
        if axis.kind is kind
        and kinds.get(axis, LoopKind.SERIAL) is LoopKind.SERIAL
        and plan.loops[axis] in form.terms
    ]
    if not serial:
        return None
    inner = {plan.loops[axis] for axis in leaves[serial[-1] + 1 :]}
    most = form
    for var in inner & form.terms.keys():
        step, last = form.terms[var], linear(ranges.extents[var], ranges.bounds) - 1
        most = most.without(var) + (last * step if step > 0 else 0)
    if any(not inner.isdisjoint(free_vars(atom)) for atom in most.terms):
        return None
    return Gate(plan.loops[leaves[serial[-1]]], most)


def narrowed(plan: Plan, running: Mapping[Var, Range], ranges: Ranges) -> dict[Var, Range] | None:
    """Return the ranges of `running` loops of a plan in which its gates are open.

    The ends depend on loops that do not run. Return None if no gate narrows any.
    """
    found: dict[Var, Range] = {}
    for gate in plan.gates:
        others = {var: each for var, each in running.items() if var is not gate.var}
        swept = relax(gate.form.without(gate.var).to_expr(), others, ranges.bounds)
        if swept is None or gate.var not in running:
            continue
        most = sub(add(*swept), const(1))
        step, (start, extent) = gate.form.terms[gate.var], found.get(gate.var, running[gate.var])
        first, end = start, add(start, extent)
        if step < 0:
            end = minimum(end, add(floordiv(most, const(-step)), const(1)))
        else:
            first = maximum(first, sub(ZERO, floordiv(most, const(step))))
        found[gate.var] = simplify(first, ranges.bounds), simplify(sub(end, first), ranges.bounds)
    return {**running, **found} if found else None


@dataclass(slots=True)
class Needed:
    """The part of a dimension that readers need, for one step of the loops around them."""

    first: Expr | None = None
    end: Expr | None = None
    is_all: bool = False

    def add(self, swept: Range | None) -> None:
        """Add the range that a reader sweeps; None for all of it."""
        if swept is None:
            self.is_all = True
            return
        first, end = swept[0], add(*swept)
        self.first = first if self.first is None else minimum(self.first, first)
        self.end = end if self.end is None else maximum(self.end, end)

    def range(self, ranges: Ranges) -> Range | None:
        """Return the first element and the extent; None for all."""
        if self.is_all or self.first is None or self.end is None:
            return None
        first = simplify(self.first, ranges.bounds)
        return first, simplify(sub(self.end, first), ranges.bounds)
