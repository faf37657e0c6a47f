"""Numbers are rounded once, whatever precision they come from."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.ir.dtype import dtype
from autosched.ir.rounding import round_to, rounded, truncated

INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]
numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False),
    st.floats(-1e6, 1e6),
    st.integers(-(2**63), 2**64 - 1),
    st.builds(lambda m, e, d: float(m) * 2.0**e + d, st.integers(0, 1023), st.integers(-140, 60),
              st.sampled_from([0.0, 1e-30, -1e-30, 2.0**-149])),
)  # fmt: skip


def neighbours(kind: str) -> np.ndarray:
    """Every finite value of a 16-bit float, in order."""
    patterns = np.arange(1 << 16, dtype=np.uint16)
    if kind == "float16":
        values = patterns.view(np.float16)
    else:
        values = (patterns.astype(np.uint32) << 16).view(np.float32)
    return np.unique(values[np.isfinite(values)].astype(np.float64))


VALUES = {kind: neighbours(kind) for kind in ("float16", "bfloat16")}
SPACING = {"float16": Fraction(2) ** 5, "bfloat16": Fraction(2) ** 120}


@pytest.mark.parametrize("kind", VALUES)
@given(value=numbers)
def test_the_nearest_value_of_16_bits(kind: str, value: float) -> None:
    found = rounded(value, dtype(kind))
    known, exact = VALUES[kind], Fraction(value)
    if abs(exact) >= Fraction(known[-1]) + SPACING[kind] / 2:
        assert abs(found) == np.inf
        return
    place = int(np.searchsorted(known, float(exact)))
    near = [Fraction(v) for v in known[max(0, place - 2) : place + 3]]
    least = min(abs(v - exact) for v in near)
    assert abs(Fraction(found) - exact) == least
    assert float(round_to(np.asarray([value]), dtype(kind))[0]) == found


@pytest.mark.parametrize("kind", INTS)
@given(value=st.floats())
def test_a_float_is_cut_off_to_the_nearest_integer(kind: str, value: float) -> None:
    limits = np.iinfo(kind)
    if np.isnan(value):
        wanted = 0
    elif np.isinf(value):
        wanted = limits.max if value > 0 else limits.min
    else:
        wanted = min(max(int(value), limits.min), limits.max)
    assert int(truncated(np.asarray(value), dtype(kind))) == wanted
