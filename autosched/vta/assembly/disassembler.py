"""Bytes to assembly text."""

from __future__ import annotations

from enum import IntEnum

from autosched.vta.config import VTAConfig, checked
from autosched.vta.isa.bytes import decode, stream_of, unused_bits
from autosched.vta.isa.fields import layouts
from autosched.vta.isa.instructions import Instruction, module_of
from autosched.vta.isa.table import INSTRUCTION_BYTES

UNUSED = "unused"
"""The word for bits that belong to no field, which some runtimes leave set."""


def disassemble(data: bytes, config: VTAConfig | None = None) -> str:
    """Return the assembly text of a stream, from which `assemble` makes the same bytes.

    A line has the operation, then every field that is not zero as `name=value`, a flag as
    its name; a comment has the number of the instruction and its module.
    """
    config = checked(config)
    data = stream_of(data)
    instructions = decode(data, config)
    texts = [
        _text(instruction, data[index * INSTRUCTION_BYTES :], config)
        for index, instruction in enumerate(instructions)
    ]
    column = max(map(len, texts), default=0)
    return "".join(
        f"{text:<{column}}  # {index} {module_of(instruction).label}\n"
        for index, (text, instruction) in enumerate(zip(texts, instructions, strict=True))
    )


def _text(instruction: Instruction, data: bytes, config: VTAConfig) -> str:
    names, numbers, flags = [instruction.opcode.name.lower()], [], []
    for field in layouts(config)[instruction.opcode][1:]:
        value = getattr(instruction, field.name)
        if isinstance(value, bool):
            flags += [field.name] * value
        elif isinstance(value, IntEnum):
            names.append(f"{field.name}={value.name.lower()}")
        elif value:
            numbers.append(f"{field.name}={value}")
    words = names + numbers + flags
    word = int.from_bytes(data[:INSTRUCTION_BYTES], "little")
    stray = word & unused_bits(instruction.opcode, config)
    if stray:
        words.append(f"{UNUSED}={stray:#x}")
    return " ".join(words)
