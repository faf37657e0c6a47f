"""The errors for instructions that the cycle model refuses."""

from __future__ import annotations

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.bytes import name_of, unknown_opcode
from autosched.vta.isa.instructions import Module, Opcode
from autosched.vta.isa.native import padded_height, padded_width
from autosched.vta.isa.table import Column, Rows
from autosched.vta.timing.reading import Refused
from autosched.vta.timing.table import KINDS


def refusal(
    rows: Rows, index: int, why: Refused, kind: int, unit: int, config: VTAConfig
) -> AcceleratorError:
    """Return the error for instruction `index`; `kind` and `unit` are its entries in the table."""
    row = rows[index].tolist()
    if why is Refused.OPCODE:
        return unknown_opcode(index, row[Column.OPCODE])
    opcode = Opcode(row[Column.OPCODE])
    if why is Refused.NEIGHBOUR:
        side = "previous" if unit == Module.LOAD else "next"
        return AcceleratorError(
            f"instruction {index} ({KINDS[kind]}): expected no token from or to a {side} unit, "
            "got one",
            hint="the units stand in the order load, compute, store",
        )
    name = name_of(index, opcode)
    match why:
        case Refused.AFTER_FINISH:
            after = len(rows) - 1 - index
            return AcceleratorError(f"{name}: expected nothing after it, got {after} instructions")
        case Refused.NO_WORK:
            return AcceleratorError(
                f"{name}: expected iterations and micro-ops of 1 or more, got "
                f"{row[Column.ITER_OUT]} x {row[Column.ITER_IN]} of micro-ops "
                f"{row[Column.UOP_BGN]} to {row[Column.UOP_END]}",
                hint="the hardware's counters run through 0",
            )
    return AcceleratorError(f"{name}: {_expected(opcode, why, row, config)}")


def _expected(opcode: Opcode, why: Refused, row: list[int], config: VTAConfig) -> str:
    match why:
        case Refused.MEMORY:
            known = "OUT (4)" if opcode is Opcode.STORE else "UOP, WGT, INP or ACC (0 to 3)"
            return f"expected memory {known}, got {row[Column.MEMORY]}"
        case Refused.NO_ROWS:
            return "expected a y_size of 1 or more, got 0"
        case Refused.OPERATION:
            return f"expected op 0 to 4, got {row[Column.OP]}"
        case Refused.MICRO_OPS:
            return (
                f"expected micro-ops below {config.depth(Memory.UOP)}, "
                f"got {row[Column.UOP_BGN]} to {row[Column.UOP_END]}"
            )
    memory = Memory(row[Column.MEMORY])
    height, width = padded_height.python(row, 0), padded_width.python(row, 0)
    return (
        f"expected {memory.name} elements below {config.depth(memory)}, "
        f"got {height} rows of {width} from {row[Column.SRAM_BASE]}"
    )
