"""Strict runs refuse programs that implementations run differently, and races."""

from __future__ import annotations

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory
from autosched.vta.isa.instructions import Alu, Gemm, Instruction, Load, Module, Store
from autosched.vta.simulator.clocks import Clock, Clocks
from autosched.vta.simulator.dram_races import DramRaces
from autosched.vta.simulator.intersection import check_instruction
from autosched.vta.simulator.nest import UopNest
from autosched.vta.simulator.order import Step
from autosched.vta.simulator.state import Array, State
from autosched.vta.simulator.transfer import padded_shape

_Areas = list[tuple[Memory, Array]]
"""Memories, and indices into each, which may repeat."""

_WRITER = {
    Memory.INP: Module.LOAD,
    Memory.WGT: Module.LOAD,
    Memory.ACC: Module.COMPUTE,
    Memory.UOP: Module.COMPUTE,
}
_READER = {
    Memory.INP: Module.COMPUTE,
    Memory.WGT: Module.COMPUTE,
    Memory.ACC: Module.STORE,
    Memory.UOP: Module.COMPUTE,
}


class StrictCheck:
    """Checks every step before it runs. A program passes if

    - all implementations run each instruction alone in the same way (`check_instruction`; MUL
      is allowed, though the hardware description lacks it),
    - a STORE reads sums last written by a GEMM without reset, or by the ALU: hardware copies
      only those to its output buffer,
    - nothing is read that was never written,
    - tokens order any two instructions of different modules that touch the same element or
      the same byte of DRAM, one of them writing,
    - FINISH waits for all others, no token is left and no queue ever holds more than 255.
    """

    def __init__(self, state: State):
        self._state = state
        self._clocks = Clocks()
        self._dram = DramRaces(state.config, self._clocks)
        depths = {memory: state.config.depth(memory) for memory in _WRITER}
        self._written = {memory: np.zeros(depth, np.int64) for memory, depth in depths.items()}
        self._read = {memory: np.zeros(depth, np.int64) for memory, depth in depths.items()}
        self._in_out = np.zeros(depths[Memory.ACC], bool)

    def step(self, step: Step, nest: UopNest | None) -> None:
        """Raise `AcceleratorError` where the step breaks a rule."""
        instruction = step.instruction
        check_instruction(self._state, instruction, nest, step.name)
        clock = self._clocks.advance(step)
        reads, writes = _accesses(instruction, nest)
        for memory, indices in reads:
            self._on_read(step, clock, memory, indices)
        for memory, indices in writes:
            self._on_write(step, clock, memory, indices)
        if isinstance(instruction, Load | Store) and instruction.x_size:
            self._dram.step(step, instruction, clock)

    def finish(self, steps: list[Step]) -> None:
        """Check the rules of the whole program, after the last step."""
        self._clocks.check_finish(steps)

    def _on_read(self, step: Step, clock: Clock, memory: Memory, indices: Array) -> None:
        if memory is Memory.OUT:
            memory = Memory.ACC
            self._check_stored(step, indices)
        written = self._written[memory][indices]
        if not written.all():
            raise AcceleratorError(
                f"{step.name}: expected to read what was written before, got {memory.name} "
                f"{indices[np.argmin(written)]}, which nothing has written"
            )
        self._check_ordered(step, clock, _WRITER[memory], written, memory, indices)
        if step.module is _READER[memory]:
            self._read[memory][indices] = clock[step.module]

    def _on_write(self, step: Step, clock: Clock, memory: Memory, indices: Array) -> None:
        read = self._read[memory][indices]
        self._check_ordered(step, clock, _READER[memory], read, memory, indices)
        self._written[memory][indices] = clock[step.module]
        if memory is Memory.ACC:
            instruction = step.instruction
            adds = isinstance(instruction, Gemm) and not instruction.reset
            self._in_out[indices] = adds or isinstance(instruction, Alu)

    def _check_stored(self, step: Step, indices: Array) -> None:
        copied = self._in_out[indices]
        if not copied.all():
            raise AcceleratorError(
                f"{step.name}: expected sums last written by a GEMM or the ALU, got sum "
                f"{indices[np.argmin(copied)]}, which a LOAD, a reset or nothing wrote last",
                hint="an ALU instruction such as a shift by 0 copies them to the output buffer",
            )

    def _check_ordered(
        self, step: Step, clock: Clock, other: Module, times: Array, memory: Memory, indices: Array
    ) -> None:
        """Raise unless the other module has run its instructions up to `times` by now."""
        if times.max(initial=0) > clock[other]:
            at = np.argmax(times)
            raise AcceleratorError(
                f"{step.name}: expected a token that makes it wait for instruction "
                f"{self._clocks.indices[other][times[at] - 1]}, got none, and both touch "
                f"{memory.name} {indices[at]}"
            )


def _accesses(instruction: Instruction, nest: UopNest | None) -> tuple[_Areas, _Areas]:
    """Return what an instruction reads and writes; a STORE reads OUT.

    `nest` is the loop nest of a GEMM or an ALU instruction.
    """
    if isinstance(instruction, Load | Store) and instruction.x_size:
        height, width = padded_shape(instruction)
        first = instruction.sram_base
        area = (instruction.memory, np.arange(first, first + height * width))
        return ([], [area]) if isinstance(instruction, Load) else ([area], [])
    if nest is None or not nest.count:
        return [], []
    touched = [(operand.memory, nest.indices(operand)) for operand in nest.operands]
    micro_ops = (Memory.UOP, nest.first + np.arange(len(nest.table)))
    is_reset = isinstance(instruction, Gemm) and instruction.reset
    return [micro_ops] if is_reset else [micro_ops, *touched], touched[:1]
