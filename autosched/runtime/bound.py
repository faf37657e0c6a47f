"""Kernels with constant arguments bound, such as the weights of a layer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from autosched.errors import ArgumentError
from autosched.runtime.arguments import as_array, check_shape
from autosched.runtime.call import Result, check_call, given_params
from autosched.runtime.functions import Functions, called_with_outputs
from autosched.runtime.signature import Param, Signature
from autosched.runtime.sizes import concrete, solve_own


class BoundKernel:
    """A kernel with packed constants, called with the remaining arguments.

    The constants are copied: later changes of their arrays have no effect. `packed` are those
    copies that have the layout of the kernel.
    """

    def __init__(self, kernel: Functions, constants: Mapping[str, object]):
        self.kernel = kernel
        full = kernel.signature
        check_names(full, constants.keys())
        arrays = {
            p.name: as_array(constants[p.name], p, full.name) for p in _named(full, constants)
        }
        packed = [arrays.pop(name) for name in [param.name for param in full.constant_params]]
        self._sizes = _known_sizes(kernel, [array.shape for array in packed])
        for param, array in zip(full.constant_params, packed, strict=True):
            check_shape(array, param, concrete(param.shape, self._sizes), full.name)
        unused = dict.fromkeys(full.sizes, 1)
        self.packed = kernel.pack(packed, unused | self._sizes) if packed else []
        self._held = {name: array.copy() for name, array in arrays.items()}
        self._direct = replace(full, params=full.direct_params, constants=(), packed=())
        for param in _named(self._direct, self._held):
            if param.is_static:
                check_shape(self._held[param.name], param, concrete(param.shape, {}), full.name)
        left = tuple(p for p in full.direct_params if p.name not in self._held)
        self.signature = replace(self._direct, params=left, bindable=())
        self._fast = kernel.fast_call([array.ctypes.data for array in self.packed])

    def __call__(self, *args: object, sizes: Mapping[str, int] | None = None) -> Result:
        if self._held:
            args = self._completed(args)
        if self._fast and sizes is None:
            function = self._fast.function
            if function(*args) is None:
                return None
            if called := called_with_outputs(function, self._direct, args):
                return called.result
        call = check_call(self._direct, args, {**(sizes or {}), **self._sizes})
        if not call.is_empty:
            self.kernel.run(call.arrays, self.packed, call.sizes)
        return call.result

    def pointers(self, *args: object, sizes: Mapping[str, int] | None = None) -> tuple[int, ...]:
        """Return the C arguments for the kernel's `address`; see `Kernel.pointers`."""
        call = check_call(self._direct, self._completed(args), {**(sizes or {}), **self._sizes})
        return self.kernel.words([*call.arrays, *self.packed], call.sizes)

    def _completed(self, args: tuple[object, ...]) -> tuple[object, ...]:
        """Return the arguments of the kernel: `args` and the bound ones, in order."""
        has_outputs = len(given_params(self.signature, args)) == len(self.signature.params)
        params = self._direct.params if has_outputs else self._direct.inputs
        rest = iter(args)
        return tuple(
            self._held[param.name] if param.name in self._held else next(rest) for param in params
        )

    def __repr__(self) -> str:
        return f"<bound {self.kernel!r}>"


def _named(signature: Signature, names: Collection[str]) -> list[Param]:
    return [param for param in signature.params if param.name in names]


def check_names(signature: Signature, given: Collection[str]) -> None:
    """Raise ArgumentError unless all packed constants, and only bindable inputs, are given."""
    possible = _named(signature, {*signature.constants, *signature.bindable})
    names = {param.name for param in possible}
    if names and set(signature.constants) <= set(given) <= names and given:
        return
    raise ArgumentError(
        f"expected the constants of {signature.name} "
        f"({', '.join(param.name for param in possible) or 'none'}), "
        f"got {', '.join(given) or 'none'}",
        hint="bind all the constants it was built with, by name" if possible else None,
    )


def _known_sizes(kernel: Functions, shapes: list[tuple[int, ...]]) -> dict[str, int]:
    """Return the sizes that the constants give, which are all that preparing them needs."""
    given = list(zip(kernel.signature.constant_params, shapes, strict=True))
    return solve_own(kernel.signature, given)
