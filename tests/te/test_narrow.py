"""Comparisons of integers with axes are done in the integers' own width where that holds them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te

OFFSETS = [0, -1, -5, 127, 250, 2**31 - 3, 2**31 - 2, -(2**31), -(2**31) - 1, 2**32 - 2, 2**40]


def equal_to(dtype: str, offset: int, is_negated: bool) -> tuple[te.Tensor, te.Tensor]:
    X = te.placeholder((9,), dtype, name="X")

    def value(i: Any, j: Any) -> Any:
        same = X[i].equal(j + offset)
        return te.if_then_else(~same if is_negated else same, 1, 0)

    return X, te.compute((9, 3), value, name="C")


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "int32", "uint32", "int64"])
@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize("is_negated", [False, True])
def test_extremes(dtype: str, offset: int, is_negated: bool) -> None:
    X, C = equal_to(dtype, offset, is_negated)
    info = np.iinfo(dtype)
    near = [offset, offset + 1, offset + 2, offset + 2**32, offset + 256, 0]
    numbers = [info.min, info.max, -1, *near]
    x = np.array([min(max(each, info.min), info.max) for each in numbers], dtype)
    result = np.empty((9, 3), C.dtype.name)
    autosched.build([X, C], target="cpu", threads=1)(x, result)
    wanted = [[(int(a) == j + offset) != is_negated for j in range(3)] for a in x]
    np.testing.assert_array_equal(result, wanted)


@pytest.mark.parametrize(
    ("dtype", "offset", "is_narrow"),
    [
        ("int32", 0, True),
        ("int32", 2**31 - 3, True),
        ("int32", 2**31 - 2, False),
        ("int32", -(2**31), True),
        ("uint32", -1, False),
        ("uint32", 2**32 - 3, True),
        ("int8", 125, True),
        ("int8", 126, False),
    ],
)
def test_bounds(dtype: str, offset: int, is_narrow: bool) -> None:
    _, C = equal_to(dtype, offset, False)
    (body,) = C.op.bodies
    assert (body.condition.a.dtype.name == dtype) == is_narrow
