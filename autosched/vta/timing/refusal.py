"""What is said of an instruction that is refused."""

from __future__ import annotations

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import INSTRUCTION_BYTES, Opcode, decode
from autosched.vta.isa.fields import layouts
from autosched.vta.timing.reading import Refused
from autosched.vta.timing.table import KINDS, LOAD


def refusal(
    data: bytes, index: int, why: Refused, kind: int, unit: int, config: VTAConfig
) -> AcceleratorError:
    """The error for instruction `index` of the program in `data`, as far as it was read.

    Raises `AcceleratorError` itself where the instruction does not decode.
    """
    at = index * INSTRUCTION_BYTES
    if why is Refused.OPCODE:
        decode(data[: at + INSTRUCTION_BYTES], config)
    word = int.from_bytes(data[at : at + INSTRUCTION_BYTES], "little")
    opcode = Opcode(word & 7)
    values = {f.name: word >> f.low & f.mask for f in layouts(config)[opcode]}
    if why is Refused.NEIGHBOUR:
        side = "previous" if unit == LOAD else "next"
        return AcceleratorError(
            f"instruction {index} ({KINDS[kind]}): expected no token from or to a {side} unit, "
            "got one",
            hint="the units stand in the order load, compute, store",
        )
    name = f"instruction {index} ({opcode.name})"
    match why:
        case Refused.AFTER_FINISH:
            after = len(data) // INSTRUCTION_BYTES - 1 - index
            return AcceleratorError(f"{name}: expected nothing after it, got {after} instructions")
        case Refused.NO_WORK:
            return AcceleratorError(
                f"{name}: expected iterations and micro-ops of 1 or more, got "
                f"{values['iter_out']} x {values['iter_in']} of micro-ops "
                f"{values['uop_bgn']} to {values['uop_end']}",
                hint="the hardware's counters run through 0",
            )
    return AcceleratorError(f"{name}: {_expected(opcode, why, values, config)}")


def _expected(opcode: Opcode, why: Refused, values: dict[str, int], config: VTAConfig) -> str:
    match why:
        case Refused.MEMORY:
            known = "OUT (4)" if opcode is Opcode.STORE else "UOP, WGT, INP or ACC (0 to 3)"
            return f"expected memory {known}, got {values['memory']}"
        case Refused.NO_ROWS:
            return "expected a y_size of 1 or more, got 0"
        case Refused.OPERATION:
            return f"expected op 0 to 4, got {values['op']}"
        case Refused.MICRO_OPS:
            return (
                f"expected micro-ops below {config.depth(Memory.UOP)}, "
                f"got {values['uop_bgn']} to {values['uop_end']}"
            )
    memory = Memory(values["memory"])
    width, height = values["x_size"], values["y_size"]
    if opcode is Opcode.LOAD:
        width += values["x_pad_0"] + values["x_pad_1"]
        height += values["y_pad_0"] + values["y_pad_1"]
    return (
        f"expected {memory.name} elements below {config.depth(memory)}, "
        f"got {height} rows of {width} from {values['sram_base']}"
    )
