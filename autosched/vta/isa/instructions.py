"""The instructions as values; what the numbers of a field may be is for `encode` to check."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum
from typing import ClassVar

from autosched.vta.config import Memory


class Opcode(IntEnum):
    """What an instruction does."""

    LOAD = 0
    STORE = 1
    GEMM = 2
    FINISH = 3
    ALU = 4


class AluOp(IntEnum):
    """What the ALU does with a sum and its operand.

    `SHR` shifts right with the sign, or left where the operand is negative. The reference
    hardware description has no `MUL`; the simulators do.
    """

    MIN = 0
    MAX = 1
    ADD = 2
    SHR = 3
    MUL = 4


class Module(Enum):
    """The queues; each runs its instructions in order."""

    LOAD = "load"
    COMPUTE = "compute"
    STORE = "store"


@dataclass(frozen=True, slots=True, kw_only=True)
class Instruction:
    """What every instruction has: the tokens it waits for and the tokens it gives.

    `prev` and `next` are the neighbours in the order load, compute, store.
    """

    opcode: ClassVar[Opcode]

    pop_prev: bool = False
    pop_next: bool = False
    push_prev: bool = False
    push_next: bool = False


@dataclass(frozen=True, slots=True)
class Load(Instruction):
    """Rows of `x_size` elements from DRAM, `x_stride` apart, to an area of `memory`.

    Bases, sizes and the stride count elements of `memory`. The pads put zeros above and
    below (`y_pad_0`, `y_pad_1`) and left and right (`x_pad_0`, `x_pad_1`) of the rows; in
    the memory the padded rows lie one after the other. An `x_size` of 0 moves nothing and
    carries tokens only.
    """

    opcode: ClassVar[Opcode] = Opcode.LOAD

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
class Store(Instruction):
    """Rows of `x_size` elements of the output buffer to DRAM rows `x_stride` apart.

    An element is the low byte of each sum. An `x_size` of 0 carries tokens only.
    """

    opcode: ClassVar[Opcode] = Opcode.STORE

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
class Gemm(Instruction):
    """`acc[dst] += inp[src] @ wgt[wgt].T`, or `acc[dst] = 0` with `reset`, in a loop nest.

    The nest is `iter_out` by `iter_in` by the micro-ops `uop_bgn` up to `uop_end`; an index
    is the micro-op's own plus the two loop counters times the factors.
    """

    opcode: ClassVar[Opcode] = Opcode.GEMM

    reset: bool
    uop_bgn: int
    uop_end: int
    iter_out: int
    iter_in: int
    dst_factor_out: int
    dst_factor_in: int
    src_factor_out: int
    src_factor_in: int
    wgt_factor_out: int
    wgt_factor_in: int


@dataclass(frozen=True, slots=True)
class Alu(Instruction):
    """`acc[dst] = op(acc[dst], imm or acc[src])`, in the same loop nest as `Gemm`."""

    opcode: ClassVar[Opcode] = Opcode.ALU

    op: AluOp
    uop_bgn: int
    uop_end: int
    iter_out: int
    iter_in: int
    dst_factor_out: int
    dst_factor_in: int
    src_factor_out: int
    src_factor_in: int
    use_imm: bool
    imm: int


@dataclass(frozen=True, slots=True)
class Finish(Instruction):
    """The end of the program; it runs in the compute queue."""

    opcode: ClassVar[Opcode] = Opcode.FINISH


def module_of(instruction: Instruction) -> Module:
    """The queue that runs `instruction`."""
    if isinstance(instruction, Load):
        loads = (Memory.INP, Memory.WGT)
        return Module.LOAD if instruction.memory in loads else Module.COMPUTE
    return Module.STORE if isinstance(instruction, Store) else Module.COMPUTE
