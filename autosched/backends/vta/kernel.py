"""Kernels for the accelerator: a program, run by the simulator, called with arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autosched.backends.vta.machine import config_of, cycles_on
from autosched.errors import LoweringError
from autosched.ir.expr import Const, Expr, Var
from autosched.runtime.call import Result, check_call
from autosched.runtime.signature import Param, Signature
from autosched.schedule.schedule import Schedule
from autosched.target.vta import VtaTarget
from autosched.te.dag import outputs
from autosched.te.tensor import Tensor
from autosched.vta.listing import listing
from autosched.vta.lowering import Program, lower_vta
from autosched.vta.simulator import Counters, Simulator
from autosched.vta.timing import CycleReport

Array = np.ndarray
Packer = Callable[[Sequence[Array]], list[Array]]


@dataclass(frozen=True, slots=True)
class Interface:
    """What a caller passes where it is not what the program takes.

    `tensors` stand for the caller's arrays; `pack` makes the program's inputs of the inputs
    among them, `unpack` the outputs among them of the program's.
    """

    tensors: Sequence[Tensor]
    pack: Packer
    unpack: Packer


class VtaKernel:
    """A program that is called as `kernel(a, b, c)` or `c = kernel(a, b)`, and simulated.

    Arguments and results are as a `Kernel`'s on the CPU. `program` has the instructions and
    the micro-ops, `cycles` says how long they take on `target`. `schedule` tells how the
    schedule was found: `given`, `tuned`, `nearest` or `default`.
    """

    def __init__(
        self, program: Program, target: VtaTarget, signature: Signature, interface: Interface
    ):
        self.program = program
        self.target = target
        self.signature = signature
        self.schedule = "given"
        self._interface = interface

    def __call__(self, *args: object) -> Result:
        call = check_call(self.signature, args)
        arguments = list(zip(self.signature.params, call.arrays, strict=True))
        results, _ = self.simulate([array for param, array in arguments if not param.is_output])
        targets = [array for param, array in arguments if param.is_output]
        for target, result in zip(targets, results, strict=True):
            target[...] = result
        return call.result

    def simulate(
        self, inputs: Sequence[Array], strict: bool = False
    ) -> tuple[list[Array], Counters]:
        """The outputs for the inputs, and what the run counted; `strict` as in `Simulator`."""
        dram = self.program.image(self._interface.pack(inputs))
        simulator = Simulator(self.program.config, strict=strict)
        counters = simulator.run(self.program.instructions, dram)
        return self._interface.unpack(self.program.outputs(dram)), counters

    @cached_property
    def cycles(self) -> CycleReport:
        """The cycles of one call, and where they go."""
        return cycles_on(self.target, self.program.instructions)

    @cached_property
    def listing(self) -> str:
        """The instructions as text, after where the tensors lie."""
        return listing(self.program)

    @property
    def name(self) -> str:
        return self.signature.name

    def __repr__(self) -> str:
        params = ", ".join(f"{p.name}: {p.dtype}{list(p.shape)}" for p in self.signature.params)
        return f"<VtaKernel {self.name}({params})>"


def vta_kernel(
    schedule: Schedule,
    tensors: Sequence[Tensor | Var],
    target: VtaTarget,
    *,
    name: str = "main",
    interface: Interface | None = None,
) -> VtaKernel:
    """The kernel of a schedule of packed `tensors`, which takes their arrays or `interface`'s.

    Raises LoweringError where the accelerator cannot run it, which has no symbolic sizes.
    """
    packed = _packed(tensors)
    program = lower_vta(schedule, packed, config_of(target))
    interface = interface or Interface(packed, list, list)
    return VtaKernel(program, target, _signature(interface.tensors, name), interface)


def _packed(args: Sequence[Tensor | Var]) -> list[Tensor]:
    for arg in args:
        if isinstance(arg, Var):
            raise _not_constant(f"the size {arg}")
    return [arg for arg in args if not isinstance(arg, Var)]


def _signature(tensors: Sequence[Tensor], name: str) -> Signature:
    computed = set(outputs(tensors))
    params = (
        Param(tensor.name, tensor.dtype.name, tuple(map(_extent, tensor.shape)), tensor in computed)
        for tensor in tensors
    )
    return Signature(name, tuple(params))


def _extent(extent: Expr) -> int:
    if not isinstance(extent, Const):
        raise _not_constant(f"an extent {extent}")
    return int(extent.value)


def _not_constant(found: str) -> LoweringError:
    return LoweringError(
        f"expected tensors of constant shapes for the accelerator, got {found}",
        hint="build the expression for the sizes it will run with",
    )
