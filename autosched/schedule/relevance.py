"""Finds which terms of a reduction can change it, from conditions under which values are known.

    scores[i, j] = products[i, j] if j <= i else -inf
    weights[i, j] = exp(scores[i, j] - greatest[i])             0 where j > i
    C[i, e] = sum of weights[i, k] * V[k, e] over k             terms with k <= i only

A value is known to be 0 or an infinity where a condition fails: chosen so, or computed from one
that is. Other factors are taken to be finite, and every row to have a term that is relevant, which
is proved; so inputs without infinities and NaN give the same result, computed or not. Masks of the
lowest number of a dtype count as minus infinity, of which other scores are taken to be far.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import inf, isfinite

from autosched.analysis.inequalities import conjuncts, is_true, negated, nonnegative_forms
from autosched.ir import expr as e
from autosched.ir.build import add
from autosched.ir.dtype import FLOAT32, FLOAT64
from autosched.ir.expr import Expr
from autosched.ir.rewrite import substitute
from autosched.ir.structure import equal
from autosched.ir.traverse import free_vars
from autosched.schedule.computed import computed
from autosched.schedule.fulfilment import some_point_fulfils
from autosched.schedule.state import ScheduleState
from autosched.te.bounds import reads_data
from autosched.te.combining import combining_operator, term_of
from autosched.te.tensor import ComputeOp, Operation, PlaceholderOp, Reduce, TensorRead

_EXPONENTIALS = ("exp", "exp2")
_BOUNDED = ("tanh", "sigmoid", "erf", "sin", "cos")
"""Functions that are finite for all finite numbers, and change no sign of an order we need."""


def relevant_terms(schedule: ScheduleState, op: Operation) -> list[Expr]:
    """Return conditions on the axes of a reduction; where one fails, a term is the identity."""
    body = _reduced(op)
    if body is None or combining_operator(op) is None:
        return []
    (identity,) = body.combiner.identities
    if type(identity) is not e.Const:
        return []
    values = _Values(schedule)
    found = values.conditions(term_of(body), identity.value)
    if values.takes_lowest and not values.has_terms(op, found):
        return []
    return [part for part in found if not set(body.axes).isdisjoint(free_vars(part))]


def is_finite(schedule: ScheduleState, value: Expr) -> bool:
    """Tell whether a value is finite if all inputs are, but for what becomes too large."""
    return _Values(schedule).is_finite(value)


class _Values:
    """What is known of the values that the stages of a schedule compute."""

    def __init__(self, schedule: ScheduleState) -> None:
        self.schedule = schedule
        self.takes_lowest = False
        """Whether the lowest number of a dtype was taken for minus infinity."""

    @cached_property
    def sizes(self) -> set[e.Var]:
        """The symbolic sizes of tensors, which are 1 or more."""
        extents = (extent for tensor in self.schedule.tensors for extent in tensor.shape)
        return {size for extent in extents for size in free_vars(extent)}

    def conditions(self, value: Expr, known: float) -> list[Expr]:
        """Return conditions by indices; where one of them fails, `value` is `known`."""
        match value:
            case e.Select(condition, then, e.Const() as other) if self.is_known(other, known):
                return [*_of_indices(conjuncts(condition)), *self.conditions(then, known)]
            case e.Select(condition, e.Const() as other, otherwise) if self.is_known(other, known):
                found = _of_indices(conjuncts(negated(condition)))
                return [*found, *self.conditions(otherwise, known)]
            case TensorRead():
                inner = computed(self.schedule, value)
                return [] if inner is None else self.conditions(inner, known)
            case e.Cast(inner, dtype) if dtype.is_float and inner.dtype.is_float:
                return self.conditions(inner, known)
            case e.Call(name, (inner,)) if name in _EXPONENTIALS and known == 0:
                return self.conditions(inner, -inf)
            case e.Mul(a, b) | e.Div(a, b) if not _is_constant(a) or not _is_constant(b):
                return self._of_product(value, a, b, known)
            case e.Add(a, b) | e.Sub(a, b) if abs(known) == inf:
                found = self.conditions(a, known) if self.is_finite(b) else []
                if type(value) is e.Add and self.is_finite(a):
                    found += self.conditions(b, known)
                return found
        return []

    def is_known(self, value: e.Const, known: float) -> bool:
        """Tell whether a constant is `known`, or so low that it is as good as minus infinity."""
        if known == -inf and _is_lowest(value):
            self.takes_lowest = True
            return True
        return bool(value.value == known)

    def _of_product(self, value: Expr, a: Expr, b: Expr, known: float) -> list[Expr]:
        if known == 0:
            if type(value) is e.Div:
                return self.conditions(a, known) if self.is_divisor(b) else []
            found = self.conditions(a, known) if self.is_finite(b) else []
            return found + (self.conditions(b, known) if self.is_finite(a) else [])
        if abs(known) != inf:
            return []
        if _is_positive(b):
            return self.conditions(a, known)
        return self.conditions(b, known) if type(value) is e.Mul and _is_positive(a) else []

    def is_finite(self, value: Expr) -> bool:
        """Tell whether a value is finite if all inputs are, but for what becomes too large."""
        match value:
            case e.Const(number):
                return isfinite(number)
            case TensorRead():
                op = value.tensor.op
                if isinstance(op, PlaceholderOp):
                    return True
                body = _reduced(op)
                if body is not None:
                    return self._reduces_to_finite(op, body)
                inner = computed(self.schedule, value)
                return inner is not None and self.is_finite(inner)
            case e.Var():
                return True
            case e.Add(a, b) | e.Sub(a, b) | e.Mul(a, b) | e.Min(a, b) | e.Max(a, b):
                return self.is_finite(a) and self.is_finite(b)
            case e.Div(a, b):
                return self.is_finite(a) and self.is_divisor(b)
            case e.Select(_, then, otherwise):
                return self.is_finite(then) and self.is_finite(otherwise)
            case e.Call(name, (inner,)):
                return name in (*_BOUNDED, *_EXPONENTIALS) and self.is_finite(inner)
            case e.Cast(inner, _):
                return self.is_finite(inner)
        return not value.dtype.is_float

    def _reduces_to_finite(self, op: Operation, body: Reduce) -> bool:
        """Tell whether a sum, or the greatest or least term that is relevant, is finite."""
        operator = combining_operator(op)
        if operator is e.Add:
            return self.is_finite(body.sources[0]) or self._weights(body) is not None
        if operator not in (e.Max, e.Min):
            return False
        known = -inf if operator is e.Max else inf
        conditions = self.conditions(body.sources[0], known)
        return self.is_finite(self._unmasked(body.sources[0], known)) and (
            self.has_terms(op, conditions)
        )

    def has_terms(self, op: Operation, conditions: Sequence[Expr]) -> bool:
        """Tell whether each element of a reduction is proved to have a term that fulfils all."""
        body = _reduced(op)
        assert body is not None, "it has terms"
        every = [*conditions, *conjuncts(body.condition)]
        given = [each for each in every if not is_true(each)]
        return some_point_fulfils(given, op.axis, body.axes, self.sizes)

    def is_divisor(self, value: Expr) -> bool:
        """Tell whether a value is proved to be finite and not 0."""
        if type(value) is e.Const:
            return value.value != 0
        if type(value) is e.Cast:
            return self.is_divisor(value.value)
        body = _reduced(value.tensor.op) if type(value) is TensorRead else None
        return body is not None and self._weights(body) is not None

    def _weights(self, body: Reduce) -> Expr | None:
        """Return x if `body` sums exp(c * (x - greatest x)) over a row, which is 1 or more."""
        if not _has_all_terms(body):
            return None
        source = self.whole(body.sources[0])
        if type(source) is not e.Call or source.name not in _EXPONENTIALS:
            return None
        less = source.args[0]
        if type(less) is e.Mul and _is_positive(less.b):
            less = less.a
        if type(less) is not e.Sub or type(less.b) is not TensorRead:
            return None
        op = less.b.tensor.op
        greatest = _reduced(op)
        if greatest is None or combining_operator(op) is not e.Max or not self.is_finite(less.b):
            return None
        if len(greatest.axes) != len(body.axes) or not _has_all_terms(greatest):
            return None
        assert isinstance(op, ComputeOp), "it reduces"
        values = dict(
            zip(op.axis, map(add, less.b.indices, [a.start for a in op.axis]), strict=True)
        )
        values |= dict(zip(greatest.axes, body.axes, strict=True))
        alike = all(
            equal(a.extent, b.extent) and equal(a.start, b.start)
            for a, b in zip(greatest.axes, body.axes, strict=True)
        )
        row = substitute(greatest.sources[0], values)
        return less.a if alike and equal(self.whole(row), self.whole(less.a)) else None

    def _unmasked(self, value: Expr, known: float) -> Expr:
        """Return `value` where the conditions hold under which it is not `known`."""
        value = self.whole(value)
        match value:
            case e.Select(_, then, e.Const() as other) if self.is_known(other, known):
                return self._unmasked(then, known)
            case e.Select(_, e.Const() as other, otherwise) if self.is_known(other, known):
                return self._unmasked(otherwise, known)
            case e.Mul(a, b) if not _is_positive(b):
                return value
            case e.Mul(a, b) | e.Add(a, b) | e.Sub(a, b):
                return type(value)(self._unmasked(a, known), b, value.dtype)
        return value

    def whole(self, value: Expr) -> Expr:
        """Return the expression of a read of a stage that reduces nothing."""
        inner = computed(self.schedule, value) if type(value) is TensorRead else None
        return value if inner is None else self.whole(inner)


def _is_lowest(value: e.Const) -> bool:
    """Tell whether a number stands for minus infinity; in narrower floats scores come near it."""
    return value.dtype in (FLOAT32, FLOAT64) and value.value == value.dtype.lowest


def _reduced(op: Operation) -> Reduce | None:
    body = op.bodies[0] if isinstance(op, ComputeOp) and len(op.bodies) == 1 else None
    return body if type(body) is Reduce else None


def _has_all_terms(body: Reduce) -> bool:
    """Tell whether a reduction has a term for each point of its axes, and nothing else."""
    return is_true(body.condition) and body.initial is None


def _is_constant(value: Expr) -> bool:
    return type(value) is e.Const


def _is_positive(value: Expr) -> bool:
    return type(value) is e.Const and 0 < value.value < inf


def _of_indices(conditions: Sequence[Expr]) -> list[Expr]:
    """Return the conditions that compare indices."""
    return [
        each for each in conditions if nonnegative_forms(each) is not None and not reads_data(each)
    ]
