"""The table of intrinsics: the functions that a `Call` node may name, and their meaning.

`meaning` maps NumPy arrays to an array. It computes in float64 and rounds once at the end, so
that tests can measure the accuracy of a target's code. bfloat16 values are passed as float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from autosched.ir.dtype import BOOL, DType

Operands = Literal["float", "integer", "number", "bool"]


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """A pure function applied lane by lane, or one that combines all lanes (`across_lanes`).

    `operands` names the dtypes that it accepts, `result` maps the dtype of the first operand to
    that of the result, and `domain` describes the values that need a convention.
    """

    name: str
    arity: int
    operands: Operands
    result: Callable[[DType], DType]
    meaning: Callable[..., Any]
    domain: str
    across_lanes: bool = False

    def accepts(self, dtype: DType) -> bool:
        kind = "float" if dtype.is_float else "integer" if dtype.is_integer else "bool"
        return self.operands == kind or (self.operands == "number" and kind != "bool")


def _same(dtype: DType) -> DType:
    return dtype


def _truth(dtype: DType) -> DType:
    return BOOL.with_lanes(dtype.lanes)


def _one(dtype: DType) -> DType:
    return dtype.scalar


def _across(function: Callable[..., Any]) -> Callable[..., Any]:
    """Combine all lanes by `function`: integers exactly, floats in float64 and rounded once."""

    def meaning(lanes: Any) -> Any:
        if isinstance(lanes[0], (int, np.integer)):
            return function(np.asarray(lanes, dtype=object))
        array = np.asarray(lanes)
        with np.errstate(all="ignore"):
            return function(array.astype(np.float64)).astype(array.dtype)[()]

    return meaning


def _rounded_once(function: Callable[..., Any]) -> Callable[..., Any]:
    def meaning(*args: Any) -> Any:
        kind = np.asarray(args[0]).dtype
        with np.errstate(all="ignore"):
            wide = function(*(np.asarray(arg, dtype=np.float64) for arg in args))
            return np.asarray(wide).astype(kind)[()]

    return meaning


def _sigmoid(x: Any) -> Any:
    # exp of a negative number only, so that it never overflows and the small side keeps
    # its relative accuracy.
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, np.where(np.isnan(x), x, small)) / (1.0 + small)


def _popcount(x: Any) -> Any:
    array = np.asarray(x)
    unsigned = array.view(np.dtype(f"uint{8 * array.dtype.itemsize}"))
    return np.bitwise_count(unsigned).astype(array.dtype)[()]


def _table() -> dict[str, Intrinsic]:
    rows: list[tuple[str, int, Operands, Callable[[DType], DType], Callable[..., Any], str]] = [
        ("exp", 1, "float", _same, _rounded_once(np.exp), "overflows to inf"),
        ("exp2", 1, "float", _same, _rounded_once(np.exp2), "overflows to inf"),
        ("log", 1, "float", _same, _rounded_once(np.log), "log(0) is -inf, below 0 NaN"),
        ("log2", 1, "float", _same, _rounded_once(np.log2), "log2(0) is -inf, below 0 NaN"),
        ("log1p", 1, "float", _same, _rounded_once(np.log1p), "log1p(-1) is -inf, below NaN"),
        ("sin", 1, "float", _same, _rounded_once(np.sin), "NaN at infinities"),
        ("cos", 1, "float", _same, _rounded_once(np.cos), "NaN at infinities"),
        ("tanh", 1, "float", _same, _rounded_once(np.tanh), "-1 and 1 at infinities"),
        ("erf", 1, "float", _same, _rounded_once(np.vectorize(math.erf, otypes=[float])), "total"),
        ("sigmoid", 1, "float", _same, _rounded_once(_sigmoid), "0 and 1 at infinities"),
        ("sqrt", 1, "float", _same, _rounded_once(np.sqrt), "below 0 NaN, sqrt(-0) is -0"),
        ("rsqrt", 1, "float", _same, _rounded_once(lambda x: 1 / np.sqrt(x)), "rsqrt(0) is inf"),
        ("pow", 2, "float", _same, _rounded_once(np.power), "as C's pow"),
        ("tan", 1, "float", _same, _rounded_once(np.tan), "NaN at infinities"),
        ("asin", 1, "float", _same, _rounded_once(np.arcsin), "NaN outside of -1 to 1"),
        ("acos", 1, "float", _same, _rounded_once(np.arccos), "NaN outside of -1 to 1"),
        ("atan", 1, "float", _same, _rounded_once(np.arctan), "total"),
        ("sinh", 1, "float", _same, _rounded_once(np.sinh), "overflows to infinities"),
        ("cosh", 1, "float", _same, _rounded_once(np.cosh), "overflows to inf"),
        ("asinh", 1, "float", _same, _rounded_once(np.arcsinh), "total"),
        ("acosh", 1, "float", _same, _rounded_once(np.arccosh), "NaN below 1"),
        ("atanh", 1, "float", _same, _rounded_once(np.arctanh), "NaN outside of -1 to 1"),
        ("log10", 1, "float", _same, _rounded_once(np.log10), "log10(0) is -inf, below 0 NaN"),
        ("atan2", 2, "float", _same, _rounded_once(np.arctan2), "as C's atan2"),
        ("fmod", 2, "float", _same, _rounded_once(np.fmod), "NaN for a divisor of 0"),
        ("hypot", 2, "float", _same, _rounded_once(np.hypot), "inf if either is infinite"),
        ("nextafter", 2, "float", _same, np.nextafter, "as C's nextafter"),
        ("copysign", 2, "float", _same, np.copysign, "total"),
        ("trunc", 1, "float", _same, np.trunc, "total"),
        ("floor", 1, "float", _same, np.floor, "total"),
        ("ceil", 1, "float", _same, np.ceil, "total"),
        ("round", 1, "float", _same, np.rint, "half to even"),
        ("abs", 1, "number", _same, np.abs, "the least integer is its own"),
        ("isnan", 1, "float", _truth, np.isnan, "total"),
        ("popcount", 1, "integer", _same, _popcount, "of the two's complement"),
    ]
    across: list[tuple[str, Operands, Callable[..., Any], str]] = [
        ("any_lane", "bool", np.any, "whether any lane holds"),
        ("sum_lanes", "number", _across(np.sum), "in any order"),
        ("prod_lanes", "number", _across(np.prod), "in any order"),
        ("min_lanes", "number", _across(np.min), "NaN if any lane is"),
        ("max_lanes", "number", _across(np.max), "NaN if any lane is"),
    ]
    table = {row[0]: Intrinsic(*row) for row in rows}
    for name, operands, meaning, domain in across:
        table[name] = Intrinsic(name, 1, operands, _one, meaning, domain, across_lanes=True)
    return table


INTRINSICS = _table()
