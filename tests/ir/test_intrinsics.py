"""The meaning of the intrinsics, against Python's math and by identities."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.ir.dtype import BOOL, dtype
from autosched.ir.intrinsics import INTRINSICS
from tests.properties import examples

PYTHON = {
    "exp": math.exp, "exp2": math.exp2, "log": math.log, "log2": math.log2, "log1p": math.log1p,
    "sin": math.sin, "cos": math.cos, "tanh": math.tanh, "erf": math.erf, "sqrt": math.sqrt,
    "floor": math.floor, "ceil": math.ceil, "round": round, "abs": abs,
    "rsqrt": lambda x: 1 / math.sqrt(x), "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
}  # fmt: skip


@pytest.mark.parametrize("name", PYTHON)
@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@examples(40)
@given(x=st.floats(0.0625, 8, width=16))
def test_agrees_with_python(name, kind, x):
    got = INTRINSICS[name].meaning(np.array([x], kind))
    assert got.dtype == kind
    np.testing.assert_allclose(got, [PYTHON[name](x)], rtol=4 * np.finfo(kind).eps)


def test_values_at_the_edges():
    inf, nan = np.float32(np.inf), np.float32(np.nan)

    def of(name, *args):
        return INTRINSICS[name].meaning(*args)

    assert of("exp", -inf) == 0
    assert of("exp", np.float32(100)) == inf
    assert of("log", np.float32(0)) == -inf
    assert np.isnan(of("log", np.float32(-1)))
    assert of("rsqrt", np.float32(0)) == inf
    assert (of("tanh", inf), of("erf", -inf)) == (1, -1)
    assert (of("sigmoid", inf), of("sigmoid", -inf)) == (1, 0)
    assert of("sigmoid", np.float32(-90)) > 0
    assert of("round", np.float32(2.5)) == 2
    assert of("pow", np.float32(0), np.float32(0)) == 1
    assert of("isnan", nan)
    assert not of("isnan", inf)
    for name in ("exp", "log", "tanh", "erf", "sigmoid", "sqrt", "sin"):
        assert np.isnan(of(name, nan)), name


@examples(40)
@given(x=st.integers(-(2**31), 2**31 - 1))
def test_popcount_counts_the_bits_of_the_complement(x):
    assert INTRINSICS["popcount"].meaning(np.array([x], np.int32)) == (x & 0xFFFFFFFF).bit_count()


def test_dtypes_of_operands_and_results():
    f, i, b = dtype("float32x4"), dtype("int8x4"), dtype("boolx4")
    assert INTRINSICS["exp"].result(f) is f
    assert INTRINSICS["isnan"].result(f) is b
    assert INTRINSICS["any_lane"].result(b) is BOOL
    accepted = {
        name: [x.accepts(kind) for kind in (f, i, b)]
        for name, x in INTRINSICS.items()
        if name in ("exp", "abs", "popcount", "any_lane")
    }
    assert accepted == {
        "exp": [True, False, False],
        "abs": [True, True, False],
        "any_lane": [False, False, True],
        "popcount": [False, True, False],
    }
