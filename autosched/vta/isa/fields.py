"""The bit fields of every instruction: the order, widths and packing of VTA's `hw_spec.h`."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from autosched.vta.config import LOOP_BITS, SRAM_BASE_BITS, Memory, VTAConfig
from autosched.vta.isa.instructions import Opcode

WORD_BITS = 64
OPCODE_BITS = 3


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
    ("y_size", 16),
    ("x_size", 16),
    ("x_stride", 16),
    ("y_pad_0", 4),
    ("y_pad_1", 4),
    ("x_pad_0", 4),
    ("x_pad_1", 4),
)

_SIGNED = {"imm"}


@cache
def layouts(config: VTAConfig) -> dict[Opcode, tuple[Field, ...]]:
    """The fields of each opcode, from the lowest bit up."""
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
    operand = (("op", 3), ("use_imm", 1), ("imm", 16))
    return {
        Opcode.LOAD: _pack(_TRANSFER),
        Opcode.STORE: _pack(_TRANSFER),
        Opcode.GEMM: _pack((("reset", 1), *nest, *weights)),
        Opcode.FINISH: _pack(()),
        # The ALU has an unused bit where GEMM has `reset`.
        Opcode.ALU: _pack((("unused", 1), *nest, *operand)),
    }


def _pack(declared: tuple[tuple[str, int], ...]) -> tuple[Field, ...]:
    """Places as a C compiler gives them: no field lies across two words."""
    low = 0
    packed = []
    for name, width in (*_HEADER, *declared):
        if low // WORD_BITS != (low + width - 1) // WORD_BITS:
            low = -(-low // WORD_BITS) * WORD_BITS
        packed.append(Field(name, low, width, name in _SIGNED))
        low += width
    return tuple(one for one in packed if one.name != "unused")
