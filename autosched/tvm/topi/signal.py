"""Spectra of signals."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.te.tensor import Tensor
from autosched.tvm.topi.outside import outside
from autosched.tvm.topi.utils import get_const_int

Array = np.ndarray


def dft(re_data: Tensor, im_data: Tensor, inverse: Any) -> list[Tensor]:
    """The real and imaginary parts of the discrete Fourier transform along the last axis.

    The inverse divides by the extent.
    """
    kind = (re_data.shape, re_data.dtype)
    return _dft([re_data, im_data], [kind, kind], bool(get_const_int(inverse)))


@outside
def _dft(re: Array, im: Array, inverse: int) -> list[Array]:
    wide = "float64" if re.dtype == np.float64 else "float32"
    given = re.astype(wide) + 1j * im.astype(wide)
    found = (np.fft.ifft if inverse else np.fft.fft)(given)
    return [found.real, found.imag]
