"""Numbers that a sketch leaves open, and the arithmetic on arrays of them.

A value is a number, the same for every candidate, or a float64 array with one element per
candidate; floats are exact here, and faster to divide than integers.
"""

from __future__ import annotations

from dataclasses import dataclass

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
"""An integer of a trace: known, or an element of the candidate's vector."""


@dataclass(frozen=True, slots=True)
class Quotient:
    """`whole / unit`, rounded up."""

    whole: Extent
    unit: Extent


@dataclass(frozen=True, slots=True)
class Least:
    """The lesser of two."""

    a: Extent
    b: Extent


@dataclass(frozen=True, slots=True)
class Multiple:
    """`times * unit`."""

    times: int
    unit: Extent


Extent = Number | Quotient | Least | Multiple
"""How long an axis is, or how far a step along it goes."""


NOMINAL_SIZE = 512
"""What a symbolic size is taken for."""


def known(extent: Expr) -> int:
    """An extent as a number, symbolic sizes taken for `NOMINAL_SIZE`."""
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


NUMBERS: Arithmetic[Value] = Arithmetic(ceil_div, least)
OPEN_NUMBERS: Arithmetic[Extent] = Arithmetic(Quotient, Least)


def product(values: list[Value]) -> Value:
    result: Value = 1.0
    for value in values:
        result = result * value
    return result
