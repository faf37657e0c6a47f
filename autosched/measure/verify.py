"""Comparing what a candidate computed with what it had to compute.

A sum of K terms in arithmetic of relative precision eps is off by some eps * sqrt(K) of its
size, in whatever order it is added up, when rounding errors are independent (Higham and
Mary, "A new approach to probabilistic rounding error analysis", 2019). So an element passes
when

    |got - want| <= 16 * eps * sqrt(K) * (|want| + rms(want))

with eps the coarsest of the float types that the workload computes in and K the number of
terms that are reduced into one element, over all its stages. 16 leaves room for five
standard deviations over millions of elements and for functions of 4 ulp. A term that is
missing shows: it is 1 / sqrt(K) of the size. Integers and bools must be equal; NaN must
stand where NaN is expected, and an infinity where that infinity is.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from autosched.runtime.arrays import empty

POISON = 0xCD
"""Every byte of an output before a candidate runs, and of the margins it must not touch."""

MARGIN_BYTES = 256
SAFETY = 16
_EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}


def relative_tolerance(dtypes: set[str], terms: int) -> float:
    """16 * eps * sqrt(K); 0 where nothing is computed in floats."""
    eps = max((_EPS[name] for name in dtypes if name in _EPS), default=0.0)
    return SAFETY * eps * sqrt(max(1, terms))


class Expected:
    """The values one output must have, ready to be compared with many candidates' outputs."""

    def __init__(self, name: str, dtype: str, want: np.ndarray, tolerance: float):
        self.name = name
        self.dtype = dtype
        self.want = _numbers(want, dtype)
        self.is_float = dtype in _EPS
        if self.is_float:
            self.low, self.high = _bounds(self.want, tolerance)

    def difference(self, got: np.ndarray) -> str | None:
        """The first element that differs, in a sentence; None where all agree."""
        wrong = self._wrong(got)
        if wrong is None:
            return None
        count = int(wrong.sum())
        index = tuple(int(i) for i in np.unravel_index(int(np.argmax(wrong)), wrong.shape))
        place = f"{self.name}[{', '.join(map(str, index))}]"
        return (
            f"expected {self.want[index]} at {place}, got {_numbers(got, self.dtype)[index]}; "
            f"{count} of {wrong.size} elements are wrong"
        )

    def _wrong(self, got: np.ndarray) -> np.ndarray | None:
        values = _numbers(got, self.dtype)
        if not self.is_float:
            same = values == self.want
            return None if same.all() else ~same
        good = (values >= self.low) & (values <= self.high)
        if good.all():
            return None
        good |= np.isnan(values) & np.isnan(self.want)
        return None if good.all() else ~good


class Canvas:
    """An output array between margins that tell whether a candidate wrote beside it."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype):
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        self._whole = empty((size + 2 * MARGIN_BYTES,), np.dtype(np.uint8))
        self._end = MARGIN_BYTES + size
        self.array = self._whole[MARGIN_BYTES : self._end].view(dtype).reshape(shape)

    def poison(self) -> None:
        self._whole[...] = POISON

    def is_intact(self) -> bool:
        """Whether the margins are as `poison` left them."""
        before, after = self._whole[:MARGIN_BYTES], self._whole[self._end :]
        return bool((before == POISON).all() and (after == POISON).all())


def _bounds(want: np.ndarray, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
    """The least and the greatest value that pass, in a dtype that holds the output's values."""
    exact = want.astype(np.float64)
    finite = np.isfinite(exact)
    rms = np.sqrt(np.mean(np.square(exact[finite]))) if finite.any() else 0.0
    allowed = np.where(finite, tolerance * (np.abs(exact) + rms), 0.0)
    kind = np.result_type(want.dtype, np.float32)
    with np.errstate(over="ignore"):
        return (exact - allowed).astype(kind), (exact + allowed).astype(kind)


def _numbers(array: np.ndarray, dtype: str) -> np.ndarray:
    """The array with a dtype NumPy can compare: a poisoned bool and a bfloat16 are bits."""
    if dtype == "bfloat16" and array.dtype == np.uint16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.view(np.uint8) if dtype == "bool" else array
