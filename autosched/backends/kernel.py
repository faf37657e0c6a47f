"""The contract of kernels, which users call, and kernels that a simulator runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from autosched.errors import LoweringError
from autosched.ir.expr import Const, Expr, Var
from autosched.runtime.arguments import as_array, check_shape
from autosched.runtime.bound import check_names
from autosched.runtime.call import Result, check_call
from autosched.runtime.signature import Param, Signature
from autosched.runtime.sizes import concrete
from autosched.te.dag import outputs
from autosched.te.tensor import PlaceholderOp, Tensor


class TargetKernel(Protocol):
    """Called as `kernel(a, b, c)` or `c = kernel(a, b)`, as a `Kernel` is on the CPU.

    `schedule` tells how the schedule was found: `given`, `tuned`, `nearest` or `default`.
    """

    schedule: str
    signature: Signature

    def __call__(self, *args: object) -> Result: ...

    def bind(self, **constants: object) -> Callable[..., Result]:
        """Return the kernel with constant arguments, by name, called with the others in order.

        The constants are copied. Raises ArgumentError if a name is not that of a constant.
        """
        ...


class SimulatedKernel(ABC):
    """A `TargetKernel` whose results a simulator or an interpreter gives as new arrays."""

    def __init__(self, signature: Signature):
        self.signature = signature
        self.schedule = "given"

    def __call__(self, *args: object) -> Result:
        call = check_call(self.signature, args)
        arguments = list(zip(self.signature.params, call.arrays, strict=True))
        results = self.results([array for param, array in arguments if not param.is_output])
        targets = [array for param, array in arguments if param.is_output]
        for target, result in zip(targets, results, strict=True):
            target[...] = result
        return call.result

    @abstractmethod
    def results(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return the outputs for the inputs, both in the order of the parameters."""

    def bind(self, **constants: object) -> SimulatedKernel:
        """Return this kernel with constant arguments; see `TargetKernel.bind`."""
        return _BoundSimulation(self, constants)

    @property
    def unbound(self) -> SimulatedKernel:
        """The kernel that takes every argument: this one, unless it is bound."""
        return self

    @property
    def name(self) -> str:
        return self.signature.name

    def __repr__(self) -> str:
        params = ", ".join(f"{p.name}: {p.dtype}{list(p.shape)}" for p in self.signature.params)
        return f"<{type(self).__name__} {self.name}({params})>"


class _BoundSimulation(SimulatedKernel):
    def __init__(self, kernel: SimulatedKernel, constants: Mapping[str, object]):
        full = kernel.signature
        check_names(full, constants)
        left = tuple(param for param in full.params if param.name not in constants)
        super().__init__(replace(full, params=left, bindable=()))
        self._kernel = kernel
        self._held: dict[str, np.ndarray] = {}
        for param in full.params:
            if param.name in constants:
                array = as_array(constants[param.name], param, full.name)
                check_shape(array, param, concrete(param.shape, {}), full.name)
                self._held[param.name] = array.copy()

    @property
    def unbound(self) -> SimulatedKernel:
        return self._kernel

    def results(self, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
        rest = iter(inputs)
        return self._kernel.results(
            [
                self._held[param.name] if param.name in self._held else next(rest)
                for param in self._kernel.signature.inputs
            ]
        )


def constant_signature(tensors: Sequence[Tensor], name: str) -> Signature:
    """Return the signature of the tensors. Raises LoweringError for a symbolic shape."""
    computed = set(outputs(tensors))
    params = (
        Param(tensor.name, tensor.dtype.name, tuple(map(_extent, tensor.shape)), tensor in computed)
        for tensor in tensors
    )
    constants = (
        tensor.name
        for tensor in tensors
        if isinstance(tensor.op, PlaceholderOp) and tensor.op.constant
    )
    return Signature(name, tuple(params), bindable=tuple(constants))


def without_sizes(args: Sequence[Tensor | Var]) -> list[Tensor]:
    """Return the arguments, all of them tensors. Raises LoweringError for a symbolic size."""
    for arg in args:
        if isinstance(arg, Var):
            raise _not_constant(f"the size {arg}")
    return [arg for arg in args if not isinstance(arg, Var)]


def _extent(extent: Expr) -> int:
    if not isinstance(extent, Const):
        raise _not_constant(f"an extent {extent}")
    return int(extent.value)


def _not_constant(found: str) -> LoweringError:
    return LoweringError(
        f"expected tensors of constant shapes for the target, got {found}",
        hint="build the expression for the sizes it will run with",
    )
