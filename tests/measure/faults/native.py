"""The type of the bodies of faulty kernels, and the C library."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np

Body = Callable[[np.ndarray, np.ndarray, np.ndarray], object]
"""Called with the inputs a and b and the output c."""

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
libc.pthread_exit.argtypes = [ctypes.c_void_p]
