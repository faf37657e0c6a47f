"""The functional simulator: runs a stream of instructions on a DRAM image."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from autosched.errors import AcceleratorError, a_kind
from autosched.vta.config import VTAConfig, checked
from autosched.vta.isa.bytes import decode, stream_of
from autosched.vta.isa.instructions import Alu, Gemm, Load, Transfer, UopLoop
from autosched.vta.isa.native import unpack
from autosched.vta.simulator.native_check import checked_program
from autosched.vta.simulator.native_run import NativeCore
from autosched.vta.simulator.nest import UopNest, nest_of
from autosched.vta.simulator.numpy_core import NumpyCore
from autosched.vta.simulator.order import Step, legal_order
from autosched.vta.simulator.state import Array, Counters, State
from autosched.vta.simulator.strict import StrictCheck
from autosched.vta.simulator.transfer import check_areas

UOP_LIMIT = 1 << 28

STRICT_UOP_LIMIT = 1 << 25
"""A strict run takes about 0.25 us for each micro-op, and 84 bytes while its instruction runs."""

_MOST_PRODUCTS = 1 << 14
"""The most products of a micro-op in compiled code."""


class Simulator:
    """Runs programs of one configuration, bit by bit as the reference simulator does.

    `strict` refuses a program that implementations may run differently, see `StrictCheck`,
    and costs some time. Without `native` NumPy computes instead of compiled code. A program
    of more than `uop_limit` micro-ops is refused, so that a corrupted one cannot run for
    hours; None is 2^28, or 2^25 if `strict`.
    """

    def __init__(
        self,
        config: VTAConfig | None = None,
        *,
        strict: bool = False,
        native: bool = True,
        uop_limit: int | None = None,
    ):
        self._config = checked(config)
        self._strict = strict
        self._native = native and _is_compiled(self._config)
        default = STRICT_UOP_LIMIT if strict else UOP_LIMIT
        self._uop_limit = default if uop_limit is None else uop_limit

    def run(self, instructions: bytes, dram: Array) -> Counters:
        """Run a program on `dram`, a contiguous uint8 array, in place; return its counters.

        The memories on the chip start as zeros. Raises `AcceleratorError` naming the
        instruction where the stream is malformed, deadlocks, or reaches out of a memory;
        stores that ran before it have changed `dram`.
        """
        _check_image(dram)
        stream = stream_of(instructions)
        state = State(self._config)
        if self._native and not self._strict:
            program = checked_program(stream, self._config, dram.size, self._uop_limit)
            if program is not None:
                refused = NativeCore(program.rows, state, dram).run(program.order)
                if refused >= 0:
                    step = next(s for s in self._steps(stream) if s.index == refused)
                    assert isinstance(step.instruction, UopLoop)
                    nest_of(state, step.instruction, step.name)
                    raise AssertionError("expected the nest to be refused")
                return program.counters
        steps = self._steps(stream)
        core: NativeCore | NumpyCore = NumpyCore(state, dram)
        if self._native:
            core = NativeCore(unpack(stream, self._config), state, dram)
        check = StrictCheck(state) if self._strict else None
        return _Run(state, dram, core, check, self._uop_limit).run(steps)

    def _steps(self, stream: bytes) -> list[Step]:
        return legal_order(decode(stream, self._config))


@dataclass(slots=True)
class _Run:
    """One run of one program, each instruction checked in Python before it runs."""

    state: State
    dram: Array
    core: NativeCore | NumpyCore
    check: StrictCheck | None
    uops_left: int
    counters: Counters = field(default_factory=Counters)

    def run(self, steps: list[Step]) -> Counters:
        for step in steps:
            self._step(step)
        if self.check is not None:
            self.check.finish(steps)
        return self.counters

    def _step(self, step: Step) -> None:
        instruction = step.instruction
        nest = None
        if isinstance(instruction, UopLoop):
            nest = nest_of(self.state, instruction, step.name)
            self._spend(nest)
        elif isinstance(instruction, Transfer) and instruction.x_size:
            check_areas(self.state, instruction, self.dram, step.name)
        if self.check is not None:
            self.check.step(step, nest)
        if isinstance(instruction, Transfer) and instruction.x_size:
            self._count_bytes(instruction)
            self.core.step(step, None)
        elif isinstance(instruction, Gemm | Alu) and nest is not None and nest.count:
            self._count_uops(instruction, nest.count)
            self.core.step(step, nest)

    def _count_bytes(self, instruction: Transfer) -> None:
        kind = "load" if isinstance(instruction, Load) else "store"
        counter = f"{instruction.memory.name.lower()}_{kind}_nbytes"
        size = self.state.config.element_bytes(instruction.memory)
        moved = instruction.y_size * instruction.x_size * size
        setattr(self.counters, counter, getattr(self.counters, counter) + moved)

    def _count_uops(self, instruction: Gemm | Alu, count: int) -> None:
        if isinstance(instruction, Alu):
            self.counters.alu_counter += count
        elif not instruction.reset:
            self.counters.gemm_counter += count

    def _spend(self, nest: UopNest) -> None:
        if nest.count > self.uops_left:
            raise AcceleratorError(
                f"{nest.name}: expected at most {self.uops_left} more micro-ops, got {nest.count}",
                hint="a larger uop_limit lets a longer program run; strict runs, which are slow, "
                "have a lower one by default",
            )
        self.uops_left -= nest.count


def _is_compiled(config: VTAConfig) -> bool:
    """Whether there is compiled code, which needs pairs of input channels.

    It is unrolled, so that large elements would take seconds to compile; NumPy is fast for them.
    """
    return config.block_in >= 2 and config.batch * config.block_in**2 <= _MOST_PRODUCTS


def _check_image(dram: Array) -> None:
    whole = isinstance(dram, np.ndarray) and dram.dtype == np.uint8 and dram.ndim == 1
    if not whole or not dram.flags.c_contiguous or not dram.flags.writeable:
        raise AcceleratorError(
            "expected the DRAM image as a writable contiguous one-dimensional uint8 array, "
            f"got {_described(dram)}"
        )


def _described(dram: object) -> str:
    if not isinstance(dram, np.ndarray):
        return a_kind(dram)
    return f"{dram.dtype} of shape {dram.shape}"
