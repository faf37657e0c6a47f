"""Kernels: compiled functions that are called with arrays."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Sequence

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.arrays import addresses
from autosched.runtime.call import Call, Result, allocate, check_call
from autosched.runtime.fastcall import FastCall, is_available
from autosched.runtime.faults import no_faults, raise_faults
from autosched.runtime.signature import Signature


class Kernel:
    """A compiled function at `address`, called as `kernel(a, b, c)` or `c = kernel(a, b)`.

    Arguments are NumPy arrays or anything with `__dlpack__`, C-contiguous, in the order of
    the signature; bfloat16 is passed as its bits in uint16. Outputs are written in place;
    where all of them are left out they are allocated and returned, several as a tuple.
    Raises ArgumentError on anything the kernel was not built for, and for an index in an
    array that is outside of what it indexes, unless that was not to be checked. Several
    threads may call it at once: the GIL is released while it runs. `keepalive` is what owns
    the code.

    `trampoline` is the address of the generated fast path. `prepare` is that of the
    function that packs the signature's constants, which a plain call does every time and
    `bind` once. `schedule` says how the schedule was found: `given`, `tuned`, `nearest` or
    `default`.
    """

    def __init__(
        self,
        signature: Signature,
        address: int,
        *,
        trampoline: int | None = None,
        prepare: int | None = None,
        keepalive: object = None,
    ):
        self.signature = signature
        self.address = address
        self.keepalive = keepalive
        self.schedule = "given"
        sizes = len(signature.sizes)
        added = len(signature.packed) + bool(signature.checks)
        self._main = c_function(address, len(signature.direct_params) + added, sizes)
        self._prepare = None
        if prepare is not None:
            self._prepare = c_function(prepare, len(signature.constant_params) + added, sizes)
        self._unread = no_faults(signature)
        self._trampoline = trampoline if is_available() else None
        self._fast = None if signature.packed else self.fast_call(())
        self._try_fast = self._fast.function if self._fast else always_slow

    def __call__(self, *args: object) -> Result:
        if self._try_fast(*args) is None:
            return None
        call = check_call(self.signature, args)
        if not call.is_empty:
            self._run(call)
        return call.result

    def bind(self, **constants: object) -> BoundKernel:
        """This kernel with constant arguments given by name, and packed for good.

        Those that the signature packs must be given, others that are constant may be. Raises
        ArgumentError where it has none or where others are named.
        """
        return BoundKernel(self, constants)

    def pointers(self, *args: object) -> tuple[int, ...]:
        """The C arguments that call `address` on `args`: addresses of buffers, then sizes.

        For timing loops. The arrays and this must stay alive, constants must not be packed,
        and nobody hears of indices that were outside.
        """
        if self.signature.packed:
            raise ArgumentError(f"expected a kernel without packed constants, got {self.name}")
        call = check_call(self.signature, args)
        return self.words(call.arrays, call.sizes)

    def words(self, arrays: Sequence[np.ndarray], sizes: dict[str, int]) -> tuple[int, ...]:
        """The C arguments of `address` for arrays that were checked."""
        return (*addresses(arrays), *addresses(self._unread), *sizes.values())

    @property
    def name(self) -> str:
        return self.signature.name

    def __repr__(self) -> str:
        params = ", ".join(f"{p.name}: {p.dtype}{list(p.shape)}" for p in self.signature.params)
        return f"<Kernel {self.name}({params})>"

    def fast_call(self, packed: Sequence[int]) -> FastCall | None:
        """The generated fast path with these packed buffers, where there is one."""
        if self._trampoline is None:
            return None
        return FastCall(self.signature, self._trampoline, packed)

    def pack(self, constants: Sequence[np.ndarray], sizes: dict[str, int]) -> list[np.ndarray]:
        """The packed buffers, filled from the constants in the order of the signature."""
        assert self._prepare is not None, "a signature with packed buffers needs a prepare"
        packed = [allocate(param, sizes) for param in self.signature.packed]
        faults = no_faults(self.signature)
        buffers = (*constants, *packed, *faults)
        self._prepare(*addresses(buffers), *sizes.values())
        raise_faults(self.signature, faults, sizes)
        return packed

    def run(
        self, direct: Sequence[np.ndarray], packed: Sequence[np.ndarray], sizes: dict[str, int]
    ) -> None:
        """Call the C function on arrays that were checked.

        Raises ArgumentError where an index in one of them is outside of what it indexes.
        """
        faults = no_faults(self.signature)
        self._main(*addresses((*direct, *packed, *faults)), *sizes.values())
        raise_faults(self.signature, faults, sizes)

    def _run(self, call: Call) -> None:
        constants: list[np.ndarray] = []
        direct: list[np.ndarray] = []
        for param, array in zip(self.signature.params, call.arrays, strict=True):
            (constants if param.name in self.signature.constants else direct).append(array)
        packed = self.pack(constants, call.sizes) if self.signature.packed else []
        self.run(direct, packed, call.sizes)


def c_function(address: int, buffers: int, sizes: int) -> Callable[..., None]:
    """The C function at `address` that takes so many pointers, then 64-bit sizes."""
    types = [ctypes.c_void_p] * buffers + [ctypes.c_int64] * sizes
    return ctypes.CFUNCTYPE(None, *types)(address)


def always_slow(*args: object) -> object:
    """Stands for the fast path where there is none."""
    return NotImplemented


from autosched.runtime.bound import BoundKernel  # noqa: E402  each of the two makes the other
