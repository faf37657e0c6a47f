import numpy as np
import pytest

from autosched.tvm import topi
from tests.tvm.topi.checks import built, tensors


@pytest.mark.parametrize("inverse", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_spectrum(inverse, dtype):
    (re, x), (im, y) = given = tensors((2, 7), (2, 7), dtype=dtype)
    turns = np.outer(np.arange(7), np.arange(7)) / 7
    matrix = np.exp((2j if inverse else -2j) * np.pi * turns) / (7 if inverse else 1)
    wanted = (x + 1j * y) @ matrix
    parts = [wanted.real.astype(dtype), wanted.imag.astype(dtype)]
    built(topi.dft(re, im, inverse), given, parts, rtol=1e-4)
