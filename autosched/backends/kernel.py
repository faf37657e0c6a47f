"""The contract of kernels, which users call, and kernels that a simulator runs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Protocol

import numpy as np

from autosched.errors import LoweringError
from autosched.ir.expr import Const, Expr, Var
from autosched.runtime.call import Result, check_call
from autosched.runtime.signature import Param, Signature
from autosched.te.dag import outputs
from autosched.te.tensor import Tensor


class TargetKernel(Protocol):
    """Called as `kernel(a, b, c)` or `c = kernel(a, b)`, as a `Kernel` is on the CPU.

    `schedule` tells how the schedule was found: `given`, `tuned`, `nearest` or `default`.
    """

    schedule: str
    signature: Signature

    def __call__(self, *args: object) -> Result: ...


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
        """The outputs for the inputs, both in the order of the parameters."""

    @property
    def name(self) -> str:
        return self.signature.name

    def __repr__(self) -> str:
        params = ", ".join(f"{p.name}: {p.dtype}{list(p.shape)}" for p in self.signature.params)
        return f"<{type(self).__name__} {self.name}({params})>"


def constant_signature(tensors: Sequence[Tensor], name: str) -> Signature:
    """The signature of tensors of constant shapes. Raises LoweringError for another shape."""
    computed = set(outputs(tensors))
    params = (
        Param(tensor.name, tensor.dtype.name, tuple(map(_extent, tensor.shape)), tensor in computed)
        for tensor in tensors
    )
    return Signature(name, tuple(params))


def without_sizes(args: Sequence[Tensor | Var]) -> list[Tensor]:
    """The arguments, all of them tensors. Raises LoweringError for a symbolic size."""
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
