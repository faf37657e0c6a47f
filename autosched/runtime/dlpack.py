"""Reads arrays of other libraries through the DLPack protocol, without a copy.

NumPy's `from_dlpack` refuses bfloat16 and makes every unversioned tensor read-only, so the
capsule is read here. Structures: https://dmlc.github.io/dlpack/latest/c_api.html
"""

from __future__ import annotations

import ctypes
from math import prod

import numpy as np

from autosched.errors import ArgumentError

_CPU = 1
_READ_ONLY = 1
_KINDS = {0: "i", 1: "u", 2: "f", 4: "bf", 6: "b"}


class _DLTensor(ctypes.Structure):
    _fields_ = (
        ("data", ctypes.c_void_p),
        ("device_type", ctypes.c_int32),
        ("device_id", ctypes.c_int32),
        ("ndim", ctypes.c_int32),
        ("code", ctypes.c_uint8),
        ("bits", ctypes.c_uint8),
        ("lanes", ctypes.c_uint16),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
        ("strides", ctypes.POINTER(ctypes.c_int64)),
        ("byte_offset", ctypes.c_uint64),
    )


class _Versioned(ctypes.Structure):
    _fields_ = (
        ("major", ctypes.c_uint32),
        ("minor", ctypes.c_uint32),
        ("manager_ctx", ctypes.c_void_p),
        ("deleter", ctypes.c_void_p),
        ("flags", ctypes.c_uint64),
        ("tensor", _DLTensor),
    )


class _View:
    """The memory of a capsule as NumPy's array interface; it keeps the capsule alive."""

    def __init__(self, interface: dict[str, object], capsule: object):
        self.__array_interface__ = interface
        self.capsule = capsule


def from_dlpack(value: object, what: str) -> tuple[np.ndarray, bool]:
    """Return the memory of `value` as an array, and whether it is bfloat16 (as uint16).

    Raises ArgumentError, with the name `what`, if it is not on the CPU, cannot be exported, or
    has elements without a NumPy dtype.
    """
    _require_cpu(value, what)
    capsule = _export(value, what)
    get_name = ctypes.pythonapi.PyCapsule_GetName
    get_name.restype, get_name.argtypes = ctypes.c_char_p, [ctypes.py_object]
    get_pointer = ctypes.pythonapi.PyCapsule_GetPointer
    get_pointer.restype = ctypes.c_void_p
    get_pointer.argtypes = [ctypes.py_object, ctypes.c_char_p]

    name = get_name(capsule)
    address = get_pointer(capsule, name)
    if name == b"dltensor_versioned":
        managed = _Versioned.from_address(address)
        return _view(managed.tensor, bool(managed.flags & _READ_ONLY), capsule, what)
    return _view(_DLTensor.from_address(address), _is_immutable(value), capsule, what)


def _require_cpu(value: object, what: str) -> None:
    device = getattr(value, "__dlpack_device__", None)
    if device is not None and int(device()[0]) != _CPU:
        raise ArgumentError(
            f"expected {what} in the CPU's memory, got one on DLPack device {tuple(device())}",
            hint="copy it to the CPU first",
        )


def _export(value: object, what: str) -> object:
    export = value.__dlpack__  # type: ignore[attr-defined]
    try:
        try:
            return export(max_version=(1, 0))
        except TypeError:  # a library older than DLPack 1.0
            return export()
    except (BufferError, RuntimeError, ValueError) as error:
        raise ArgumentError(
            f"expected {what} to be exported through DLPack, got {type(error).__name__}: {error}"
        ) from error


def _is_immutable(value: object) -> bool:
    """Return whether it is an array of jax: immutable, which unversioned capsules cannot tell."""
    return type(value).__module__.partition(".")[0] in ("jax", "jaxlib")


def _view(
    tensor: _DLTensor, read_only: bool, capsule: object, what: str
) -> tuple[np.ndarray, bool]:
    kind = _KINDS.get(tensor.code)
    if kind is None or tensor.lanes != 1 or tensor.bits % 8:
        raise ArgumentError(
            f"expected {what} to have elements NumPy knows, got DLPack type code {tensor.code} "
            f"with {tensor.bits} bits and {tensor.lanes} lanes"
        )
    itemsize = tensor.bits // 8
    shape = tuple(tensor.shape[i] for i in range(tensor.ndim))
    strides = None
    if tensor.strides:
        strides = tuple(tensor.strides[i] * itemsize for i in range(tensor.ndim))
    typestr = f"={'u' if kind == 'bf' else kind}{itemsize}"
    if prod(shape) == 0:  # may have no memory at all
        return np.empty(shape, typestr), kind == "bf"
    interface = {
        "version": 3,
        "shape": shape,
        "strides": strides,
        "typestr": np.dtype(typestr).str,
        "data": (tensor.data + tensor.byte_offset, read_only),
    }
    return np.asarray(_View(interface, capsule)), kind == "bf"
