"""Numbers that a sketch leaves open, and the arithmetic on arrays of them.

A value is a number, the same for every candidate, or a float64 array with one element per
candidate; floats are exact here, and faster to divide than integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.schedule.decision import Decision

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


def product(values: list[Value]) -> Value:
    result: Value = 1.0
    for value in values:
        result = result * value
    return result
