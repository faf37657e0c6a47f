"""The bit fields of every instruction: the order, widths and packing of VTA's `hw_spec.h`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from autosched.vta.config import LOOP_BITS, SRAM_BASE_BITS, Memory, VTAConfig
from autosched.vta.isa.instructions import Opcode

WORD_BITS = 64
OPCODE_BITS = 3
_SIZE_BITS, _PAD_BITS, _IMM_BITS = 16, 4, 16

MAX_ITERATIONS = (1 << LOOP_BITS) - 1
MAX_SIZE = (1 << _SIZE_BITS) - 1
"""The largest number of rows or columns, and the largest stride."""

MAX_PAD = (1 << _PAD_BITS) - 1
IMM_RANGE = (-(1 << (_IMM_BITS - 1)), (1 << (_IMM_BITS - 1)) - 1)


@dataclass(frozen=True, slots=True)
class Field:
    """`width` bits from bit `low` up, for values from `least` to `most`."""

    name: str
    low: int
    width: int
    signed: bool = False
    mask: int = field(init=False)
    least: int = field(init=False)
    most: int = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", (1 << self.width) - 1)
        object.__setattr__(self, "least", -(1 << (self.width - 1)) if self.signed else 0)
        object.__setattr__(self, "most", (1 << (self.width - self.signed)) - 1)


_HEADER = (
    ("opcode", OPCODE_BITS),
    ("pop_prev", 1),
    ("pop_next", 1),
    ("push_prev", 1),
    ("push_next", 1),
)

_TRANSFER = (
    ("memory", 3),
    ("sram_base", SRAM_BASE_BITS),
    ("dram_base", 32),
    ("y_size", _SIZE_BITS),
    ("x_size", _SIZE_BITS),
    ("x_stride", _SIZE_BITS),
    ("y_pad_0", _PAD_BITS),
    ("y_pad_1", _PAD_BITS),
    ("x_pad_0", _PAD_BITS),
    ("x_pad_1", _PAD_BITS),
)

_SIGNED = {"imm"}


@cache
def layouts(config: VTAConfig) -> dict[Opcode, tuple[Field, ...]]:
    """Return the fields of each opcode, from the lowest bit up."""
    acc, inp, wgt, uop = (
        config.log_depth(memory) for memory in (Memory.ACC, Memory.INP, Memory.WGT, Memory.UOP)
    )
    nest = (
        ("uop_bgn", uop),
        ("uop_end", uop + 1),
        ("iter_out", LOOP_BITS),
        ("iter_in", LOOP_BITS),
        ("dst_factor_out", acc),
        ("dst_factor_in", acc),
        ("src_factor_out", inp),
        ("src_factor_in", inp),
    )
    weights = (("wgt_factor_out", wgt), ("wgt_factor_in", wgt))
    operand = (("op", 3), ("use_imm", 1), ("imm", _IMM_BITS))
    return {
        Opcode.LOAD: _placed(_TRANSFER),
        Opcode.STORE: _placed(_TRANSFER),
        Opcode.GEMM: _placed((("reset", 1), *nest, *weights)),
        Opcode.FINISH: _placed(()),
        # The ALU has an unused bit where GEMM has `reset`.
        Opcode.ALU: _placed((("unused", 1), *nest, *operand)),
    }


def _placed(declared: tuple[tuple[str, int], ...]) -> tuple[Field, ...]:
    """Return the fields where a C compiler puts them: none lies across two words."""
    low = 0
    placed = []
    for name, width in (*_HEADER, *declared):
        if low // WORD_BITS != (low + width - 1) // WORD_BITS:
            low = -(-low // WORD_BITS) * WORD_BITS
        placed.append(Field(name, low, width, name in _SIGNED))
        low += width
    return tuple(one for one in placed if one.name != "unused")
