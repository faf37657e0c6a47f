"""Comparing what a candidate computed with what it had to compute.

A sum of K terms in arithmetic of relative precision eps is off by some eps * sqrt(K) of its
size, in whatever order it is added up, when rounding errors are independent (Higham and
Mary, "A new approach to probabilistic rounding error analysis", 2019). So an element passes
when

    |got - want| <= 16 * eps * sqrt(K) * (|want| + rms(want))

with eps the coarsest of the float types that the workload computes in and K the number of
terms that are reduced into one element, over all its stages. 16 leaves room for five
standard deviations over millions of elements and for functions of 4 ulp. A term that is
missing shows: it is 1 / sqrt(K) of the size. The root mean square is that of the finite
values but those that are a million times the usual, as what stands in masked places is.

Integers and bools must be equal. What is not finite follows from how numbers round:

- an infinity passes where a value is expected that rounding may lift beyond the largest one,
  and a value that rounding may have kept below it where that infinity is expected;
- NaN must stand where NaN is expected, or an infinity: a product that is contracted into a
  fused multiply-add does not overflow before something is subtracted from it, so what is
  inf - inf in one schedule is an infinity in another;
- NaN passes nowhere else, nor does an infinity of the other sign.

A result that is wrong by at most `NEAR` times what passes may still be rounding, in a
workload that magnifies it. So may a hundredth of the integers that were made of floats: one
that was rounded to, or chosen by a comparison, turns at the smallest difference.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from autosched.runtime.arrays import empty

POISON = 0xCD
"""Every byte of an output before a candidate runs, and of the margins it must not touch."""

MARGIN_BYTES = 256
SAFETY = 16
NEAR = 8
_TURNED = 0.01
_UNUSUAL = 1e6
_EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
_LARGEST = {
    **{name: float(np.finfo(name).max) for name in ("float16", "float32", "float64")},
    "bfloat16": 2.0**128 - 2.0**120,
}


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
        self._tolerance = tolerance
        if self.is_float:
            self.low, self.high = self._bounds(tolerance)

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

    def may_be_rounding(self, got: np.ndarray) -> bool:
        """Whether all that differs is so near that rounding may have done it."""
        values = _numbers(got, self.dtype)
        if self.is_float:
            low, high = self._bounds(NEAR * self._tolerance)
            return bool(self._passes(values, low, high).all())
        turned = int(np.count_nonzero(values != self.want))
        return self._tolerance > 0 and turned <= max(1, _TURNED * values.size)

    def _wrong(self, got: np.ndarray) -> np.ndarray | None:
        values = _numbers(got, self.dtype)
        if not self.is_float:
            same = values == self.want
            return None if same.all() else ~same
        good = (values >= self.low) & (values <= self.high)
        if good.all():
            return None
        good = self._passes(values, self.low, self.high)
        return None if good.all() else ~good

    def _passes(self, values: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
        undefined = np.isnan(self.want) & ~np.isfinite(values)
        passes: np.ndarray = ((values >= low) & (values <= high)) | undefined
        return passes

    def _bounds(self, tolerance: float) -> tuple[np.ndarray, np.ndarray]:
        """The least and the greatest value that pass, in a dtype that holds the output's values."""
        exact = self.want.astype(np.float64)
        kind = np.result_type(self.want.dtype, np.float32)
        # An infinity has left the range from its end on; that is what is compared.
        largest = _LARGEST[self.dtype]
        reach = np.clip(exact, -largest, largest)
        with np.errstate(over="ignore"):
            allowed = tolerance * (np.abs(reach) + _usual_size(exact))
            low = np.where(exact == -np.inf, exact, reach - allowed).astype(kind)
            high = np.where(exact == np.inf, exact, reach + allowed).astype(kind)
        low[low < -largest], high[high > largest] = -np.inf, np.inf
        return low, high


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


def _usual_size(values: np.ndarray) -> float:
    """The root mean square of the finite values, without those far beyond most of the others."""
    sizes = np.abs(values[np.isfinite(values)])
    nonzero = sizes[sizes > 0]
    if not nonzero.size:
        return 0.0
    tenth = nonzero.size // 10
    sizes = sizes[sizes <= _UNUSUAL * np.partition(nonzero, tenth)[tenth]]
    largest = float(sizes.max())
    return largest * float(np.sqrt(np.mean(np.square(sizes / largest))))


def _numbers(array: np.ndarray, dtype: str) -> np.ndarray:
    """The array with a dtype NumPy can compare: a poisoned bool and a bfloat16 are bits."""
    if dtype == "bfloat16" and array.dtype == np.uint16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.view(np.uint8) if dtype == "bool" else array
