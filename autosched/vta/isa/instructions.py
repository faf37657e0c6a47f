"""The instructions as values; `encode` checks what numbers a field takes."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar

from autosched.vta.config import Memory


class Opcode(IntEnum):
    """The operation of an instruction."""

    LOAD = 0
    STORE = 1
    GEMM = 2
    FINISH = 3
    ALU = 4


class AluOp(IntEnum):
    """The operation of the ALU on a sum and its operand.

    `SHR` shifts right with the sign, or left where the operand is negative. The reference
    hardware description has no `MUL`; the simulators do.
    """

    MIN = 0
    MAX = 1
    ADD = 2
    SHR = 3
    MUL = 4


class Module(IntEnum):
    """The modules; each has a queue and runs its instructions in order."""

    LOAD = 0
    COMPUTE = 1
    STORE = 2

    @property
    def label(self) -> str:
        """The name in texts and errors."""
        return self.name.lower()


QUEUES = (
    (Module.LOAD, Module.COMPUTE),
    (Module.COMPUTE, Module.LOAD),
    (Module.COMPUTE, Module.STORE),
    (Module.STORE, Module.COMPUTE),
)
"""The four queues of dependency tokens: which module pushes and which pops.

A queue's number is its place here; the opposite queue is `number ^ 1`.
"""

LOAD_TO_COMPUTE, COMPUTE_TO_LOAD, COMPUTE_TO_STORE, STORE_TO_COMPUTE = range(4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """The four flags of every instruction: which tokens it pops before it starts and pushes
    when it ends.

    `prev` and `next` are the neighbours of its module in the order load, compute, store.
    """

    opcode: ClassVar[Opcode]

    pop_prev: bool = False
    pop_next: bool = False
    push_prev: bool = False
    push_next: bool = False


@dataclass(frozen=True, slots=True)
class Transfer(Instruction):
    """Rows of `x_size` elements, `x_stride` apart in DRAM and one after the other in `memory`.

    Bases, sizes and the stride count elements of `memory`. An `x_size` of 0 moves nothing and
    carries tokens only.
    """

    memory: Memory
    sram_base: int
    dram_base: int
    y_size: int
    x_size: int
    x_stride: int
    y_pad_0: int = 0
    y_pad_1: int = 0
    x_pad_0: int = 0
    x_pad_1: int = 0


@dataclass(frozen=True, slots=True)
class Load(Transfer):
    """Rows from DRAM to a memory.

    The pads put zeros above and below (`y_pad_0`, `y_pad_1`) and left and right (`x_pad_0`,
    `x_pad_1`) of the rows; the padded rows lie one after the other in the memory.
    """

    opcode: ClassVar[Opcode] = Opcode.LOAD


@dataclass(frozen=True, slots=True)
class Store(Transfer):
    """Rows of the output buffer to DRAM: the low byte of each sum. The pads mean nothing."""

    opcode: ClassVar[Opcode] = Opcode.STORE


@dataclass(frozen=True, slots=True)
class UopLoop(Instruction):
    """The loop nest of GEMM and ALU: `iter_out` by `iter_in` by the uops `uop_bgn` to `uop_end`.

    `uop_end` is not run. An index is the uop's own plus the two loop counters times the factors.
    """

    uop_bgn: int
    uop_end: int
    iter_out: int
    iter_in: int
    dst_factor_out: int
    dst_factor_in: int
    src_factor_out: int
    src_factor_in: int


@dataclass(frozen=True, slots=True)
class Gemm(UopLoop):
    """`acc[dst] += inp[src] @ wgt[wgt].T`, or `acc[dst] = 0` with `reset`."""

    opcode: ClassVar[Opcode] = Opcode.GEMM

    wgt_factor_out: int
    wgt_factor_in: int
    reset: bool


@dataclass(frozen=True, slots=True)
class Alu(UopLoop):
    """`acc[dst] = op(acc[dst], imm or acc[src])`."""

    opcode: ClassVar[Opcode] = Opcode.ALU

    op: AluOp
    use_imm: bool
    imm: int


@dataclass(frozen=True, slots=True)
class Finish(Instruction):
    """The end of the program; it runs in the compute queue."""

    opcode: ClassVar[Opcode] = Opcode.FINISH


def module_of(instruction: Instruction) -> Module:
    """Return the module that runs `instruction`."""
    if isinstance(instruction, Load):
        loads = (Memory.INP, Memory.WGT)
        return Module.LOAD if instruction.memory in loads else Module.COMPUTE
    return Module.STORE if isinstance(instruction, Store) else Module.COMPUTE
