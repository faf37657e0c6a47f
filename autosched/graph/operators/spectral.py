"""Spectra of signals, and the windows and filters that go with them.

A complex number is two elements, real and imaginary, along the last axis; that axis has one
element for real numbers.
"""

from __future__ import annotations

from typing import ClassVar

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, number, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.dtype import FLOAT32, DType


def _complex(x: Array) -> Array:
    return np.asarray(x[..., 0] if x.shape[-1] == 1 else x[..., 0] + 1j * x[..., 1])


def _pairs(x: Array) -> Array:
    return np.stack([x.real, x.imag], axis=-1)


@operator("dft")
class Dft(Operator):
    """The discrete Fourier transform along an axis, of `length` elements, cut or padded with 0.

    With `one_sided` the spectrum has the frequencies from 0 to half of the length, and the
    inverse takes those and gives real numbers.
    """

    static: ClassVar = frozenset({"length", "axis"})
    inverse: bool = False
    one_sided: bool = False

    def infer(
        self, x: TensorType, length: Array | None = None, axis: Array | None = None
    ) -> TensorType:
        if x.rank < 2 or x.shape[-1] not in (1, 2):
            raise GraphError(f"expected real or complex numbers for {self.name}, got {x}")
        at, count = self._along(x.sizes, length, axis)
        shape = [*x.sizes[:-1], 2]
        shape[at] = count
        if self.one_sided and self.inverse:
            shape[-1] = 1
        elif self.one_sided:
            shape[at] = count // 2 + 1
        return x.with_shape(*shape)

    def evaluate(self, x: Array, length: Array | None = None, axis: Array | None = None) -> Array:
        at, count = self._along(x.shape, length, axis)
        given = _complex(x)
        if self.inverse and self.one_sided:
            return np.fft.irfft(given, count, at)[..., np.newaxis].astype(x.dtype)
        found = (np.fft.ifft if self.inverse else np.fft.fft)(given, count, at)
        if self.one_sided:
            found = np.take(found, np.arange(count // 2 + 1), at)
        return _pairs(found).astype(x.dtype)

    def _along(
        self, shape: tuple[int, ...], length: Array | None, axis: Array | None
    ) -> tuple[int, int]:
        """The axis, and the number of elements along it."""
        at = normalized(-2 if axis is None else number(axis), len(shape), self.name)
        if at == len(shape) - 1:
            raise GraphError(f"expected an axis of {self.name} that is not the last, got {at}")
        if length is not None:
            return at, number(length)
        return at, 2 * (shape[at] - 1) if self.inverse and self.one_sided else shape[at]


@operator("stft")
class Stft(Operator):
    """The spectra `[batch, frames, frequencies, 2]` of the frames of a signal `[batch, time, 1|2]`.

    A frame of `length` elements begins every `step`, and is multiplied with `window`. Without
    a length it is the window's, and without that the signal's.
    """

    static: ClassVar = frozenset({"step", "length"})
    one_sided: bool = True

    def infer(
        self,
        x: TensorType,
        step: Array,
        window: TensorType | None = None,
        length: Array | None = None,
    ) -> TensorType:
        shape = None if window is None else window.sizes
        if x.rank != 3:
            raise GraphError(f"expected a signal of 3 axes for {self.name}, got {x}")
        frames, size = self._frames(x.sizes, number(step), shape, length)
        return x.with_shape(x.shape[0], frames, size // 2 + 1 if self.one_sided else size, 2)

    def evaluate(
        self, x: Array, step: Array, window: Array | None = None, length: Array | None = None
    ) -> Array:
        stride, given = number(step), _complex(x)
        shape = None if window is None else window.shape
        frames, size = self._frames(x.shape, stride, shape, length)
        starts = np.arange(frames)[:, np.newaxis] * stride
        framed = given[:, starts + np.arange(size)]
        found = np.fft.fft(framed if window is None else framed * window)
        return _pairs(found[..., : size // 2 + 1] if self.one_sided else found).astype(x.dtype)

    def _frames(
        self,
        shape: tuple[int, ...],
        step: int,
        window: tuple[int, ...] | None,
        length: Array | None,
    ) -> tuple[int, int]:
        """The number of frames and the elements of one."""
        size = number(length) if length is not None else window[0] if window else shape[1]
        if not 0 < size <= shape[1] or step <= 0 or (window and window != (size,)):
            raise GraphError(
                f"expected frames within {shape[1]} elements for {self.name}, got frames of "
                f"{size} every {step}" + (f" and a window of {list(window)}" if window else "")
            )
        return 1 + (shape[1] - size) // step, size


@operator("cosine_window")
class CosineWindow(Operator):
    """A window of `size` elements: `a - b cos(t) + c cos(2 t)`, of which `t` spans a circle.

    The circle ends one element after the last with `periodic`, else at the last.
    """

    static: ClassVar = frozenset({"size"})
    a: float = 0.5
    b: float = 0.5
    c: float = 0.0
    periodic: bool = True
    dtype: DType = FLOAT32

    def infer(self, size: Array) -> TensorType:
        return TensorType(self.dtype, (number(size),))

    def evaluate(self, size: Array) -> Array:
        count = number(size)
        turn = 2 * np.pi * np.arange(count) / max(count if self.periodic else count - 1, 1)
        found = self.a - self.b * np.cos(turn) + self.c * np.cos(2 * turn)
        return found.astype(np.float32 if self.dtype.kind == "bfloat" else self.dtype.numpy)


@operator("mel_weights")
class MelWeights(Operator):
    """Triangular filters `[length / 2 + 1, bins]` at equal steps of the mel scale.

    They take a spectrum of `length` elements at `rate` Hz to the bands from `low` to `high` Hz.
    """

    static: ClassVar = frozenset({"bins", "length", "rate", "low", "high"})
    dtype: DType = FLOAT32

    def infer(self, bins: Array, length: Array, rate: Array, low: Array, high: Array) -> TensorType:
        return TensorType(self.dtype, (number(length) // 2 + 1, number(bins)))

    def evaluate(self, bins: Array, length: Array, rate: Array, low: Array, high: Array) -> Array:
        count, size = number(bins), number(length)
        first, last = (2595 * np.log10(1 + np.ravel(f)[0] / 700) for f in (low, high))
        mel = first + np.arange(count + 2) * (last - first) / (count + 2)
        hertz = 700 * (10 ** (mel / 2595) - 1)
        points = ((size + 1) * hertz // number(rate)).astype(int)
        found = np.zeros((size // 2 + 1, count))
        for band, (left, centre, right) in enumerate(sliding_window_view(points, 3)):
            up, down = np.arange(left, centre + 1), np.arange(centre, right)
            found[up, band] = (up - left) / (centre - left) if centre > left else 1.0
            found[down, band] = (right - down) / max(right - centre, 1)
        return found.astype(np.float32 if self.dtype.kind == "bfloat" else self.dtype.numpy)
