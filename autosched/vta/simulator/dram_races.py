"""Races in DRAM: loads and stores of the same bytes that no token orders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import VTAConfig
from autosched.vta.isa.instructions import Load, Module, Store
from autosched.vta.simulator.clocks import Clock, Clocks
from autosched.vta.simulator.order import Step
from autosched.vta.simulator.state import Array


@dataclass(frozen=True, slots=True)
class _Rows:
    """The rows of a transfer in DRAM, in bytes, and its place in the order of its module."""

    index: int
    time: int
    starts: Array
    size: int

    def overlaps(self, other: _Rows) -> bool:
        """Whether a row of one transfer shares a byte with a row of the other."""
        if self.starts[-1] + self.size <= other.starts[0]:
            return False
        if other.starts[-1] + other.size <= self.starts[0]:
            return False
        begins = np.maximum(self.starts[:, None], other.starts[None])
        ends = np.minimum(self.starts[:, None] + self.size, other.starts[None] + other.size)
        return bool((begins < ends).any())


class DramRaces:
    """All transfers so far, by module."""

    def __init__(self, config: VTAConfig, clocks: Clocks):
        self._config = config
        self._clocks = clocks
        self._seen: dict[Module, list[_Rows]] = {module: [] for module in Module}

    def step(self, step: Step, instruction: Load | Store, clock: Clock) -> None:
        """Raise `AcceleratorError` where no token orders this transfer and an earlier one."""
        if not instruction.y_size:
            return
        rows = self._rows(step, instruction, clock)
        others = [Module.STORE]
        if step.module is Module.STORE:
            others = [Module.LOAD, Module.COMPUTE]
        for other in others:
            self._check(step, rows, other, clock[other])
        self._seen[step.module].append(rows)

    def _check(self, step: Step, rows: _Rows, other: Module, done: int) -> None:
        for seen in reversed(self._seen[other]):
            if seen.time <= done:
                return
            if seen.overlaps(rows):
                raise AcceleratorError(
                    f"{step.name}: expected a token that makes it wait for instruction "
                    f"{seen.index}, got none, and both touch the same bytes of DRAM"
                )

    def _rows(self, step: Step, instruction: Load | Store, clock: Clock) -> _Rows:
        size = self._config.element_bytes(instruction.memory)
        numbers = np.arange(instruction.y_size)
        starts = (instruction.dram_base + numbers * instruction.x_stride) * size
        return _Rows(step.index, clock[step.module], starts, instruction.x_size * size)
