"""Code runs where the system keeps its constants gigabytes away from it."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRATCH = """
import ctypes, mmap
import numpy as np
import autosched
from autosched import te

libc = ctypes.CDLL(None)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
PAGE, FAR = 1 << 12, 3 << 30
UNUSED = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x4000  # reserves no memory

def taken(size):
    return libc.mmap(None, size, 0, UNUSED, -1, 0)

def built():
    A = te.placeholder((64,), name="A")
    C = te.compute((64,), lambda i: te.exp(A[i]) + te.sin(A[i]) * te.tanh(A[i]), name="C")
    return autosched.build([A, C], threads=1)

built()  # all that compiling needs is in memory
far = [taken(FAR) for _ in range(4)]
for size in (1 << 30, 1 << 26, 1 << 22, 1 << 18, 1 << 15, PAGE):
    while (place := taken(size)) > far[0]:
        pass
    libc.munmap(place, size)
for number, place in enumerate(far):  # the only holes: one page, then more, far from each other
    libc.munmap(place + FAR - PAGE * (1 << 2 * number), PAGE * (1 << 2 * number))
kernel = built()
a, c = np.linspace(-1, 1, 64, dtype=np.float32), np.empty(64, np.float32)
kernel(a, c)
np.testing.assert_allclose(c, np.exp(a) + np.sin(a) * np.tanh(a), rtol=1e-5, atol=1e-6)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="lays out memory as Linux does")
def test_a_kernel_whose_constants_are_far_away_is_built() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRATCH], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
