"""Kernels: compiled functions that are called with arrays."""

from __future__ import annotations

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.bound import BoundKernel
from autosched.runtime.call import Call, Result, check_call
from autosched.runtime.functions import Functions
from autosched.runtime.signature import Signature


class Kernel(Functions):
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
        super().__init__(signature, address, trampoline, prepare)
        self.keepalive = keepalive
        self.schedule = "given"
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

    def __repr__(self) -> str:
        params = ", ".join(f"{p.name}: {p.dtype}{list(p.shape)}" for p in self.signature.params)
        return f"<Kernel {self.name}({params})>"

    def _run(self, call: Call) -> None:
        constants: list[np.ndarray] = []
        direct: list[np.ndarray] = []
        for param, array in zip(self.signature.params, call.arrays, strict=True):
            (constants if param.name in self.signature.constants else direct).append(array)
        packed = self.pack(constants, call.sizes) if self.signature.packed else []
        self.run(direct, packed, call.sizes)


def always_slow(*args: object) -> object:
    """Stands for the fast path where there is none."""
    return NotImplemented
