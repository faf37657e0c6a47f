"""Kernels whose constant arguments were given beforehand, such as the weights of a layer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from autosched.errors import ArgumentError
from autosched.runtime.arguments import as_array, check_shape
from autosched.runtime.arrays import addresses
from autosched.runtime.call import Result, check_call
from autosched.runtime.sizes import concrete, solve

if TYPE_CHECKING:
    from autosched.runtime.kernel import Kernel


class BoundKernel:
    """A kernel with its constants packed; called with the remaining arguments.

    The constants are copied: what is written to their arrays afterwards has no effect.
    """

    def __init__(self, kernel: Kernel, constants: Mapping[str, object]):
        self.kernel = kernel
        full = kernel.signature
        expected = full.constant_params
        if {param.name for param in expected} != constants.keys() or not expected:
            names = ", ".join(param.name for param in expected) or "none"
            raise ArgumentError(
                f"expected the constants of {full.name} ({names}), "
                f"got {', '.join(constants) or 'none'}",
                hint="bind all the constants it was built with, by name" if expected else None,
            )
        arrays = [as_array(constants[param.name], param, full.name) for param in expected]
        self._sizes = _known_sizes(kernel, [array.shape for array in arrays])
        for param, array in zip(expected, arrays, strict=True):
            check_shape(array, param, concrete(param.shape, self._sizes), full.name)
        self._packed = kernel.pack(arrays, self._sizes)
        self.signature = replace(full, params=full.direct_params, constants=(), packed=())
        self._fast = kernel.fast_call([array.ctypes.data for array in self._packed])

    def __call__(self, *args: object) -> Result:
        if self._fast and self._fast.function(*args) is None:
            return None
        call = check_call(self.signature, args, self._sizes)
        self.kernel.run(call.arrays, self._packed, call.sizes)
        return call.result

    def pointers(self, *args: object) -> tuple[int, ...]:
        """The C arguments that call the kernel's `address` on `args`, as for a kernel."""
        call = check_call(self.signature, args, self._sizes)
        arrays = [*call.arrays, *self._packed]
        return (*addresses(arrays), *call.sizes.values())

    def __repr__(self) -> str:
        return f"<bound {self.kernel!r}>"


def _known_sizes(kernel: Kernel, shapes: list[tuple[int, ...]]) -> dict[str, int]:
    given = list(zip(kernel.signature.constant_params, shapes, strict=True))
    return solve(kernel.signature, given, {})
