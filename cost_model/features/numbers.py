"""Numbers that a sketch leaves open, and arithmetic on their values for many candidates.

A value is a number, the same for every candidate, or a float64 array with an element for each;
floats are exact at these sizes, and faster to divide than integers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import mul

import numpy as np

from autosched.analysis.simplify import simplify
from autosched.ir.build import const
from autosched.ir.expr import Const, Expr
from autosched.ir.rewrite import substitute
from autosched.ir.traverse import free_vars
from autosched.schedule.arguments import Decision
from autosched.schedule.relations import Arithmetic

Value = float | np.ndarray
Number = int | Decision
"""An integer of a trace: known, or a decision of the candidate."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """`whole / unit`, rounded up."""

    whole: Extent
    unit: Extent


@dataclass(frozen=True, slots=True)
class Least:
    """The smaller of `a` and `b`."""

    a: Extent
    b: Extent


@dataclass(frozen=True, slots=True)
class Multiple:
    """`times * unit`."""

    times: int
    unit: Extent


Extent = Number | Quotient | Least | Multiple
"""The extent of an axis, or the stride along it."""

NOMINAL_SIZE = 512
"""The value assumed for a symbolic size."""


def known(extent: Expr) -> int:
    """Return an extent as a number, with `NOMINAL_SIZE` for symbolic sizes."""
    if type(extent) is not Const:
        sizes = {var: const(NOMINAL_SIZE) for var in free_vars(extent)}
        extent = simplify(substitute(extent, sizes))
    return int(extent.value) if type(extent) is Const else NOMINAL_SIZE


def ceil_div(a: Value, b: Value) -> Value:
    if type(a) is np.ndarray or type(b) is np.ndarray:
        return np.ceil(a / b)
    return float(-(-a // b))


def least(a: Value, b: Value) -> Value:
    if type(a) is np.ndarray or type(b) is np.ndarray:
        return np.minimum(a, b)
    return a if a < b else b


def most(a: Value, b: Value) -> Value:
    if type(a) is np.ndarray or type(b) is np.ndarray:
        return np.maximum(a, b)
    return a if a > b else b


NUMBERS: Arithmetic[Value] = Arithmetic(ceil_div, least, 1)
OPEN_NUMBERS: Arithmetic[Extent] = Arithmetic(Quotient, Least, 1)


def product(values: Iterable[Value]) -> Value:
    return reduce(mul, values, 1.0)


def rows_of(values: Sequence[Value], count: int) -> np.ndarray:
    """Return an array with a row for each value and a column for each of `count` candidates."""
    table = np.empty((len(values), count))
    for row, value in enumerate(values):
        table[row] = value
    return table
