"""Compares the output of a candidate with the expected output.

The rounding error of a sum of K terms is about eps * sqrt(K) of its size in any order of
addition, if the errors are independent (Higham and Mary, "A new approach to probabilistic
rounding error analysis", 2019). So an element passes if

    |got - want| <= 16 * eps * sqrt(K) * (|want| + rms(want))

where eps is the precision of the least precise float type of the workload and K the number of
terms reduced into one element, summed over all stages. The factor 16 allows five standard
deviations over millions of elements, and functions with an error of 4 ulp. A missing term is
detected: it is 1 / sqrt(K) of the size. The root mean square excludes values that are not
finite, and those a million times the next smaller ones, such as those of masked elements.

Integers and bools must be equal. Values that are not finite pass as follows:

- infinity, if the expected value may round to infinity, and a value near the largest one, if
  infinity of that sign is expected;
- NaN or infinity, if NaN is expected: a product inside a fused multiply-add does not overflow,
  so inf - inf in one schedule may be infinite in another;
- no other NaN, and no infinity of the other sign.

A result within `NEAR` times the tolerance may still be rounding, if the workload magnifies it.
So may one percent of integers computed from floats: a rounded value or a comparison changes
with the smallest difference.
"""

from __future__ import annotations

from math import sqrt

import numpy as np

from autosched.runtime.arrays import empty

POISON = 0xCD
"""The value of every byte of an output before a candidate runs, and of its margins."""

MARGIN_BYTES = 256
SAFETY = 16
NEAR = 8
_MAX_CHANGED = 0.01
_UNUSUAL = 1e6
_SAMPLED = 1 << 16
_EPS = {"float16": 2.0**-10, "bfloat16": 2.0**-7, "float32": 2.0**-23, "float64": 2.0**-52}
_LARGEST = {
    **{name: float(np.finfo(name).max) for name in ("float16", "float32", "float64")},
    "bfloat16": 2.0**128 - 2.0**120,
}


def relative_tolerance(dtypes: set[str], terms: int) -> float:
    """Return 16 * eps * sqrt(K), or 0 if no dtype is a float type."""
    eps = max((_EPS[name] for name in dtypes if name in _EPS), default=0.0)
    return SAFETY * eps * sqrt(max(1, terms))


class Expected:
    """The expected values of one output, prepared for many comparisons."""

    def __init__(self, name: str, dtype: str, want: np.ndarray, tolerance: float):
        self.name = name
        self.dtype = dtype
        self.want = _numbers(want, dtype)
        self.is_float = dtype in _EPS
        self._tolerance = tolerance
        if self.is_float:
            self.low, self.high = self._bounds(tolerance)

    def difference(self, got: np.ndarray) -> str | None:
        """Return a sentence on the first wrong element, or None if all pass."""
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
        """Return whether all differences are small enough to be caused by rounding."""
        values = _numbers(got, self.dtype)
        if self.is_float:
            low, high = self._bounds(NEAR * self._tolerance)
            return bool(self._passes(values, low, high).all())
        changed = int(np.count_nonzero(values != self.want))
        return self._tolerance > 0 and changed <= max(1, _MAX_CHANGED * values.size)

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
        """Return the least and greatest values that pass, as arrays of float32 or wider."""
        exact = self.want.astype(np.float64)
        kind = np.result_type(self.want.dtype, np.float32)
        # Infinity counts as the largest finite value: nearby values pass for it.
        largest = _LARGEST[self.dtype]
        reach = np.clip(exact, -largest, largest)
        with np.errstate(over="ignore"):
            allowed = tolerance * (np.abs(reach) + _usual_size(exact))
            low = np.where(exact == -np.inf, exact, reach - allowed).astype(kind)
            high = np.where(exact == np.inf, exact, reach + allowed).astype(kind)
        low[low < -largest], high[high > largest] = -np.inf, np.inf
        return low, high


class GuardedArray:
    """An output array between margins, which show if a candidate writes outside it."""

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype):
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        self._whole = empty((size + 2 * MARGIN_BYTES,), np.dtype(np.uint8))
        self._end = MARGIN_BYTES + size
        self.array = self._whole[MARGIN_BYTES : self._end].view(dtype).reshape(shape)

    def poison(self) -> None:
        self._whole[...] = POISON

    def is_intact(self) -> bool:
        """Return whether the margins are unchanged since `poison`."""
        before, after = self._whole[:MARGIN_BYTES], self._whole[self._end :]
        return bool((before == POISON).all() and (after == POISON).all())


def _usual_size(values: np.ndarray) -> float:
    """Return the root mean square of the finite values, without extremely large ones.

    Excluded are the values above the first gap between sizes, beyond the lowest tenth of them,
    of a factor `_UNUSUAL`. Sizes that fall off without a gap, such as those of x * sigmoid(x), all
    count.
    """
    sizes = np.abs(values[np.isfinite(values)])
    nonzero = sizes[sizes > 0]
    if not nonzero.size:
        return 0.0
    ordered = np.sort(nonzero[:: nonzero.size // _SAMPLED + 1])
    tenth = ordered.size // 10
    with np.errstate(over="ignore"):
        gaps = np.flatnonzero(ordered[tenth + 1 :] > _UNUSUAL * ordered[tenth:-1])
    if gaps.size:
        sizes = sizes[sizes <= _UNUSUAL * ordered[tenth + gaps[0]]]
    largest = float(sizes.max())
    return largest * float(np.sqrt(np.mean(np.square(sizes / largest))))


def _numbers(array: np.ndarray, dtype: str) -> np.ndarray:
    """Return the array in a dtype that NumPy compares: bools as bytes, bfloat16 as float32."""
    if dtype == "bfloat16" and array.dtype == np.uint16:
        return (array.astype(np.uint32) << 16).view(np.float32)
    return array.view(np.uint8) if dtype == "bool" else array
