"""Kernels for the accelerator: programs that are called with arrays and simulated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from autosched.backends.kernel import SimulatedKernel, constant_signature, without_sizes
from autosched.backends.vta.machine import config_of, cycles_on
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.target import VtaTarget
from autosched.errors import WorkloadError
from autosched.ir.expr import Var
from autosched.runtime.signature import Signature
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.vta.lowering import Program, lower_vta
from autosched.vta.simulator import Counters, Simulator
from autosched.vta.timing import CycleReport

Array = np.ndarray
Packer = Callable[[Sequence[Array]], list[Array]]


@dataclass(frozen=True, slots=True)
class Interface:
    """The arrays of a caller, if they differ from those of the program.

    `tensors` describe the caller's arrays. `pack` converts the inputs among them to the inputs
    of the program, `unpack` the outputs of the program to the outputs among them.
    """

    tensors: Sequence[Tensor]
    pack: Packer
    unpack: Packer


class VtaKernel(SimulatedKernel):
    """A program that is simulated when it is called."""

    def __init__(
        self, program: Program, target: VtaTarget, signature: Signature, interface: Interface
    ):
        super().__init__(signature)
        self.program = program
        self.target = target
        self._interface = interface

    def results(self, inputs: Sequence[Array]) -> list[Array]:
        return self.simulate(inputs)[0]

    def simulate(
        self, inputs: Sequence[Array], strict: bool = False
    ) -> tuple[list[Array], Counters]:
        """Return the outputs and the counters of a run; `strict` as in `Simulator`."""
        dram = self.program.image(self._interface.pack(inputs))
        simulator = Simulator(self.program.config, strict=strict)
        counters = simulator.run(self.program.instructions, dram)
        return self._interface.unpack(self.program.outputs(dram)), counters

    @cached_property
    def cycles(self) -> CycleReport:
        """The cycles of one call on `target`, in total and by unit."""
        return cycles_on(self.target, self.program.instructions)

    @cached_property
    def listing(self) -> str:
        """The addresses of the tensors, then the instructions, as text."""
        return self.program.listing


def vta_kernel(
    schedule: Schedule,
    tensors: Sequence[Tensor | Var],
    target: VtaTarget,
    *,
    name: str = "main",
    interface: Interface | None = None,
) -> VtaKernel:
    """Return the kernel of a schedule of packed `tensors`, called with arrays as `interface` says.

    Raises LoweringError where the accelerator cannot run it, which has no symbolic sizes.
    """
    packed = without_sizes(tensors)
    program = lower_vta(schedule, packed, config_of(target))
    interface = interface or Interface(packed, list, list)
    return VtaKernel(program, target, constant_signature(interface.tensors, name), interface)


def interface_of(form: PackedWorkload, args: Sequence[Tensor | Var] | None = None) -> Interface:
    """Return the interface of a packed form for a user's arrays in the order of `args`.

    Raises WorkloadError unless `args` are the tensors of the workload, in any order.
    """
    known = form.instance.tensors
    order = known if args is None else [arg for arg in args if isinstance(arg, Tensor)]
    if set(order) != set(known) or len(order) != len(args or known):
        raise WorkloadError(
            f"expected the tensors of {form.instance} as arguments "
            f"({', '.join(tensor.name for tensor in known)}), got "
            f"{', '.join(str(getattr(arg, 'name', arg)) for arg in args or ())}"
        )
    inputs, outputs = form.instance.inputs, form.instance.outputs
    given = [tensor for tensor in order if tensor in inputs]
    wanted = [tensor for tensor in order if tensor in outputs]

    def pack(arrays: Sequence[Array]) -> list[Array]:
        return form.pack([arrays[given.index(tensor)] for tensor in inputs])

    def unpack(arrays: Sequence[Array]) -> list[Array]:
        results = form.unpack(arrays)
        return [results[outputs.index(tensor)] for tensor in wanted]

    return Interface(order, pack, unpack)
