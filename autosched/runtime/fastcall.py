"""The fast path of a kernel call: a compiled function that Python calls directly.

The compiler may generate, next to a kernel, a C function with CPython's METH_FASTCALL
convention that checks NumPy arrays field by field and calls the kernel without the GIL. The
addresses in the process that it needs are in a table, the bytes object that is its `self`, so
its code contains no addresses or symbols. It returns NotImplemented for arguments that it cannot
check quickly; then the slow path is taken.
"""

from __future__ import annotations

import ctypes
import struct
import sys
import sysconfig
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np

from autosched.runtime.signature import Param, Signature

# Word indices in the table. The dtype objects of the direct params follow, then the addresses
# of the packed buffers.
NDARRAY_TYPE, SAVE_THREAD, RESTORE_THREAD, INC_REF, NONE, NOT_IMPLEMENTED = range(6)
FIRST_DTYPE = 6

# Offsets in bytes on 64-bit CPython with the GIL, checked by `is_available`.
BYTES_DATA = 32
OBJECT_TYPE = 8
# PyArrayObject_fields: frozen, since compiled extensions read it through inlined macros.
# https://numpy.org/doc/stable/reference/c-api/types-and-structures.html
ARRAY_DATA, ARRAY_NDIM, ARRAY_SHAPE, ARRAY_DTYPE, ARRAY_FLAGS = 16, 24, 32, 56, 64
FLAG_C_CONTIGUOUS, FLAG_ALIGNED, FLAG_WRITEABLE = 0x1, 0x100, 0x400

_METH_FASTCALL = 0x80
_BITS = np.dtype("uint16")


class _MethodDef(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("function", ctypes.c_void_p),
        ("flags", ctypes.c_int),
        ("doc", ctypes.c_char_p),
    )


@cache
def is_available() -> bool:
    """Return whether this Python and NumPy have the memory layout that the fast path reads."""
    if sys.implementation.name != "cpython" or sysconfig.get_config_var("Py_GIL_DISABLED"):
        return False
    if object.__basicsize__ != 16 or bytes.__basicsize__ != BYTES_DATA + 1:
        return False
    probe = np.empty((3, 5), np.float32)
    address = id(probe)
    shape = ctypes.c_void_p.from_address(address + ARRAY_SHAPE).value
    flags = FLAG_C_CONTIGUOUS | FLAG_ALIGNED | FLAG_WRITEABLE
    return (
        ctypes.c_void_p.from_address(address + OBJECT_TYPE).value == id(np.ndarray)
        and ctypes.c_void_p.from_address(address + ARRAY_DATA).value == probe.ctypes.data
        and ctypes.c_int.from_address(address + ARRAY_NDIM).value == 2
        and ctypes.c_void_p.from_address(address + ARRAY_DTYPE).value == id(probe.dtype)
        and ctypes.c_int.from_address(address + ARRAY_FLAGS).value & flags == flags
        and shape is not None
        and (ctypes.c_int64 * 2).from_address(shape)[:] == [3, 5]
    )


class FastCall:
    """The Python callable `function` of a trampoline, and the objects that it needs."""

    def __init__(self, signature: Signature, address: int, packed: Sequence[int] = ()):
        self._definition = _MethodDef(signature.name.encode(), address, _METH_FASTCALL, None)
        make = ctypes.pythonapi.PyCFunction_NewEx
        make.restype = ctypes.py_object
        make.argtypes = [ctypes.POINTER(_MethodDef), ctypes.py_object, ctypes.c_void_p]
        self.function: Callable[..., object] = make(
            ctypes.byref(self._definition), _table(signature, packed), None
        )
        if any(param.dtype == "bfloat16" for param in signature.direct_params):
            self.function = _with_bits(self.function, signature.direct_params)


def _with_bits(function: Callable[..., object], params: Sequence[Param]) -> Callable[..., object]:
    """Return `function` for arrays of ml_dtypes' bfloat16 as well, whose bits are passed."""
    are_bits = [param.dtype == "bfloat16" for param in params]

    def call(*args: object) -> object:
        if function(*args) is None:
            return None
        if len(args) != len(are_bits):
            return NotImplemented
        given = zip(args, are_bits, strict=True)
        return function(*(_bits(arg) if is_bits else arg for arg, is_bits in given))

    return call


def _bits(value: object) -> object:
    if type(value) is np.ndarray and value.dtype.type.__name__ == "bfloat16":
        return value.view(_BITS)
    return value


def _table(signature: Signature, packed: Sequence[int]) -> bytes:
    words = [
        id(np.ndarray),
        _address("PyEval_SaveThread"),
        _address("PyEval_RestoreThread"),
        _address("Py_IncRef"),
        id(None),
        id(NotImplemented),
        *(id(param.storage) for param in signature.direct_params),
        *packed,
    ]
    return struct.pack(f"={len(words)}Q", *words)


def _address(name: str) -> int:
    function = getattr(ctypes.pythonapi, name)
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return address
