"""Proves that conditions on indices hold for some point of a reduction, wherever it is computed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from autosched.analysis.bounds import Bounds
from autosched.analysis.inequalities import nonnegative_forms
from autosched.analysis.linear import Linear
from autosched.analysis.simplify import prove
from autosched.ir.build import add, const, le
from autosched.ir.expr import Expr, Var
from autosched.ir.traverse import free_vars
from autosched.te.axis import Axis


def some_point_fulfils(
    conditions: Sequence[Expr], data: Sequence[Axis], summed: Sequence[Axis], sizes: Iterable[Var]
) -> bool:
    """Tell whether at all points of `data` some point of `summed` is proved to fulfil all.

    The `sizes` are 1 or more. Conditions on two of the `summed` axes are not decided, nor those
    that do not compare indices.
    """
    bounds = Bounds(dict.fromkeys(sizes, (1, None)))
    for axis in (*data, *summed):
        bounds.add_loop(axis, axis.start, axis.extent)
    found = [nonnegative_forms(each) for each in conditions]
    if None in found:
        return False
    forms = [form for each in found for form in each or ()]
    used = [axis for axis in summed if any(axis in form.terms for form in forms)]
    left = _without(forms, used[0]) if used else forms
    if left is None or len(used) > 1:
        return False
    return all(prove(le(const(0), form.to_expr()), bounds) is True for form in left)


def _without(forms: Sequence[Linear], axis: Axis) -> list[Linear] | None:
    """Return forms that are not negative where all `forms` are for some point of an axis.

    That is so if each lower end is at most each upper end. Return None if steps are not 1.
    """
    first = nonnegative_forms(le(axis.start, axis)) or ()
    last = nonnegative_forms(le(axis, add(axis.start, axis.extent) - 1)) or ()
    every = [*forms, *first, *last]
    if any(axis in free_vars(form.without(axis).to_expr()) for form in every):
        return None
    if any(form.terms.get(axis, 0) not in (-1, 0, 1) for form in every):
        return None
    low = [form.without(axis) for form in every if form.terms.get(axis, 0) == 1]
    high = [form.without(axis) for form in every if form.terms.get(axis, 0) == -1]
    others = [form for form in every if axis not in form.terms]
    return [*others, *(a + b for a in low for b in high)]
