"""Calls the C functions of a kernel with checked arrays, and raises the faults that they find."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.arrays import addresses
from autosched.runtime.call import Call, allocate, with_outputs
from autosched.runtime.fastcall import FastCall, is_available
from autosched.runtime.signature import Signature
from autosched.runtime.sizes import concrete


class Functions:
    """The C functions of a kernel, by their addresses.

    The function at `address` computes the kernel, the one at `prepare` packs its constants, and
    the one at `trampoline` is the generated fast path. `Signature` documents their arguments.
    """

    def __init__(
        self,
        signature: Signature,
        address: int,
        trampoline: int | None = None,
        prepare: int | None = None,
    ):
        self.signature = signature
        self.address = address
        sizes = len(signature.sizes)
        added = len(signature.packed) + bool(signature.checks)
        self._main = c_function(address, len(signature.direct_params) + added, sizes)
        self._prepare = None
        if prepare is not None:
            self._prepare = c_function(prepare, len(signature.constant_params) + added, sizes)
        self._unread = no_faults(signature)
        self._trampoline = trampoline if is_available() else None

    @property
    def name(self) -> str:
        return self.signature.name

    def words(self, arrays: Sequence[np.ndarray], sizes: dict[str, int]) -> tuple[int, ...]:
        """Return the arguments of the C function at `address`, as integers.

        They are the addresses of `arrays`, which must be checked before, and of buffers for
        faults that nobody reads, then the sizes.
        """
        return (*addresses(arrays), *addresses(self._unread), *sizes.values())

    def fast_call(self, packed: Sequence[int]) -> FastCall | None:
        """Return the generated fast path, with the addresses of packed buffers; None if none."""
        if self._trampoline is None:
            return None
        return FastCall(self.signature, self._trampoline, packed)

    def pack(self, constants: Sequence[np.ndarray], sizes: dict[str, int]) -> list[np.ndarray]:
        """Pack the constants, in the order of the signature, and return the packed buffers."""
        packed = [allocate(param, sizes) for param in self.signature.packed]
        self.pack_into(packed, constants, sizes)
        return packed

    def pack_into(
        self,
        packed: Sequence[np.ndarray],
        constants: Sequence[np.ndarray],
        sizes: Mapping[str, int],
    ) -> None:
        """Pack the constants into buffers that are given."""
        assert self._prepare is not None, "a signature with packed buffers needs a prepare"
        faults = no_faults(self.signature)
        buffers = (*constants, *packed, *faults)
        self._prepare(*addresses(buffers), *sizes.values())
        raise_faults(self.signature, faults, sizes)

    def run(
        self, direct: Sequence[np.ndarray], packed: Sequence[np.ndarray], sizes: dict[str, int]
    ) -> None:
        """Call the C function with checked arrays.

        Raises ArgumentError if an index in one of them is outside its tensor.
        """
        faults = no_faults(self.signature)
        self._main(*addresses((*direct, *packed, *faults)), *sizes.values())
        raise_faults(self.signature, faults, sizes)


def called_with_outputs(
    function: Callable[..., object], signature: Signature, args: Sequence[object]
) -> Call | None:
    """Return the call of the fast path `function` with the inputs `args`, and new outputs.

    It is None where the slow path must be taken.
    """
    if len(args) != len(signature.inputs) or not signature.has_static_outputs:
        return None
    call = with_outputs(signature, args, {})
    return call if function(*call.arrays) is None else None


def c_function(address: int, buffers: int, sizes: int) -> Callable[..., None]:
    """Return the C function at `address`, which takes `buffers` pointers, then 64-bit sizes."""
    types = [ctypes.c_void_p] * buffers + [ctypes.c_int64] * sizes
    return ctypes.CFUNCTYPE(None, *types)(address)


def no_faults(signature: Signature) -> list[np.ndarray]:
    """Return the buffer for indices that are outside, as the last arguments of a kernel."""
    return [np.zeros(len(signature.checks), np.int64)] if signature.checks else []


def raise_faults(signature: Signature, faults: list[np.ndarray], sizes: Mapping[str, int]) -> None:
    """Raise ArgumentError for the first index that was outside, from the filled `faults`."""
    for found in faults:
        for check, index in zip(signature.checks, found.tolist(), strict=True):
            if index:
                (extent,) = concrete((check.extent,), sizes)
                raise ArgumentError(
                    f"expected indices from 0 to below {extent} in dimension {check.dimension} "
                    f"of {check.tensor} in {signature.name}, got {index}",
                    hint='do not use the outputs; bounds="clamp" builds a kernel that reads the '
                    "nearest element instead",
                )
