"""Kernels: compiled functions that are called with arrays."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autosched.errors import ArgumentError
from autosched.runtime.bound import BoundKernel
from autosched.runtime.call import Call, Result, check_call
from autosched.runtime.callbacks import raising
from autosched.runtime.code import MachineCode
from autosched.runtime.functions import Functions, called_with_outputs
from autosched.runtime.signature import Signature


class Kernel(Functions):
    """A compiled function at `address`, called as `kernel(a, b, c)` or `c = kernel(a, b)`.

    Arguments are C-contiguous NumPy arrays or objects with `__dlpack__`, in the order of the
    signature; bfloat16 is passed as its bits in uint16. Outputs are written in place; if all
    are left out, they are allocated and returned, several as a tuple. Raises ArgumentError if
    an argument does not match the signature, and, unless the kernel was built without this
    check, if an index in an array is outside its tensor. Several threads may call it at once:
    it runs without the GIL. `keepalive` owns the code.

    `sizes` of a call are the values of symbolic sizes that no shape gives.

    `trampoline` is the address of the generated fast path. `prepare` is the address of the
    function that packs the constants of the signature: `bind` calls it once, a plain call every
    time. `schedule` is the origin of the schedule: `given`, `tuned`, `nearest` or `default`. `code`
    is what another process can make the kernel from, where that is known.
    """

    def __init__(
        self,
        signature: Signature,
        address: int,
        *,
        trampoline: int | None = None,
        prepare: int | None = None,
        keepalive: object = None,
        code: MachineCode | None = None,
    ):
        super().__init__(signature, address, trampoline, prepare)
        self.keepalive = keepalive
        self.code = code
        self.schedule = "given"
        self._fast = None if signature.packed else self.fast_call(())
        self._try_fast = self._fast.function if self._fast else always_slow

    def __call__(self, *args: object, sizes: Mapping[str, int] | None = None) -> Result:
        if sizes is None:
            if self._try_fast(*args) is None:
                return None
            if called := called_with_outputs(self._try_fast, self.signature, args):
                return called.result
        call = check_call(self.signature, args, sizes)
        if not call.is_empty:
            self._run(call)
        return call.result

    def bind(self, **constants: object) -> BoundKernel:
        """Return this kernel with constant arguments, given by name and packed once.

        The constants that the signature packs are required, other constants are optional.
        Raises ArgumentError if one is missing or a name is not that of a constant.
        """
        return BoundKernel(self, constants)

    def pointers(self, *args: object, sizes: Mapping[str, int] | None = None) -> tuple[int, ...]:
        """Return the C arguments for `address`: the addresses of the buffers, then the sizes.

        For timing loops. The arrays and the kernel must stay alive, and the kernel must not
        pack constants. Indices that are outside are not reported.
        """
        if self.signature.packed:
            raise ArgumentError(f"expected a kernel without packed constants, got {self.name}")
        call = check_call(self.signature, args, sizes)
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


class CallingKernel(Kernel):
    """A kernel that calls functions of Python. It raises what they raise."""

    def __call__(self, *args: object, sizes: Mapping[str, int] | None = None) -> Result:
        with raising():
            return super().__call__(*args, sizes=sizes)


def always_slow(*args: object) -> object:
    """Replaces a missing fast path."""
    return NotImplemented
