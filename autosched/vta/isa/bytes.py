"""Instructions to bytes and back."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum
from functools import cache
from typing import Any

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.fields import OPCODE_BITS, Field, layouts
from autosched.vta.isa.instructions import (
    Alu,
    AluOp,
    Finish,
    Gemm,
    Instruction,
    Load,
    Opcode,
    Store,
)

INSTRUCTION_BYTES = 16

CLASSES: dict[int, Any] = {
    Opcode.LOAD: Load,
    Opcode.STORE: Store,
    Opcode.GEMM: Gemm,
    Opcode.FINISH: Finish,
    Opcode.ALU: Alu,
}

ENUMS: dict[str, type[IntEnum]] = {"memory": Memory, "op": AluOp}
FLAGS = {"pop_prev", "pop_next", "push_prev", "push_next", "reset", "use_imm"}


def encode(instructions: Iterable[Instruction], config: VTAConfig) -> bytes:
    """The stream of `instructions`, 16 bytes each.

    Raises `AcceleratorError` naming the instruction when a value does not fit its field or
    is no value of it.
    """
    return b"".join(
        encode_one(instruction, index, config) for index, instruction in enumerate(instructions)
    )


def encode_one(instruction: Instruction, index: int, config: VTAConfig) -> bytes:
    """The bytes of one instruction; errors call it by `index`."""
    _check_memory(instruction, index)
    word = int(instruction.opcode)
    for field in layouts(config)[instruction.opcode][1:]:
        value = getattr(instruction, field.name)
        _check_value(field, value, index, instruction.opcode)
        word |= (int(value) & ((1 << field.width) - 1)) << field.low
    return word.to_bytes(INSTRUCTION_BYTES, "little")


def _check_value(field: Field, value: Any, index: int, opcode: Opcode) -> None:
    if field.name in ENUMS:
        _member(ENUMS[field.name], value, field.name, index, opcode)
    # Equal to its integer: NumPy's numbers and bools are welcome, 1.5 is not.
    elif int(value) != value or not field.least <= value <= field.most:
        raise AcceleratorError(
            f"{name_of(index, opcode)}: expected {field.name} as an integer from {field.least} "
            f"to {field.most}, got {value}"
        )


def decode(data: bytes, config: VTAConfig) -> list[Instruction]:
    """The instructions of a stream.

    Bits of no field mean nothing: runtimes leave them as they find them, and so they are
    passed over. Raises `AcceleratorError` naming the instruction when the stream ends inside
    one, or when an opcode, a memory or an operation does not exist.
    """
    data = bytes(data)
    if len(data) % INSTRUCTION_BYTES:
        raise AcceleratorError(
            f"instruction {len(data) // INSTRUCTION_BYTES}: expected {INSTRUCTION_BYTES} bytes, "
            f"got {len(data) % INSTRUCTION_BYTES} before the end of the stream"
        )
    return [
        _instruction(int.from_bytes(data[at : at + INSTRUCTION_BYTES], "little"), index, config)
        for index, at in enumerate(range(0, len(data), INSTRUCTION_BYTES))
    ]


def _instruction(word: int, index: int, config: VTAConfig) -> Instruction:
    number = word & ((1 << OPCODE_BITS) - 1)
    if number not in CLASSES:
        known = ", ".join(f"{code.value} ({code.name})" for code in Opcode)
        raise AcceleratorError(f"instruction {index}: expected an opcode of {known}, got {number}")
    opcode = Opcode(number)
    values = {
        field.name: _value(field, word, index, opcode) for field in layouts(config)[opcode][1:]
    }
    instruction: Instruction = CLASSES[opcode](**values)
    _check_memory(instruction, index)
    return instruction


def _value(field: Field, word: int, index: int, opcode: Opcode) -> int:
    value = (word >> field.low) & ((1 << field.width) - 1)
    if field.name in FLAGS:
        return bool(value)
    if field.name in ENUMS:
        return _member(ENUMS[field.name], value, field.name, index, opcode)
    return value - (1 << field.width) if value > field.most else value


def _member(kind: type[IntEnum], value: int, what: str, index: int, opcode: Opcode) -> IntEnum:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(f"{member.value} ({member.name})" for member in kind)
        raise AcceleratorError(
            f"{name_of(index, opcode)}: expected {what} to be one of {known}, got {value}"
        ) from None


def _check_memory(instruction: Instruction, index: int) -> None:
    """Loads go to every memory but OUT, stores that move anything come from OUT alone."""
    if isinstance(instruction, Load) and instruction.memory == Memory.OUT:
        raise AcceleratorError(f"{name_of(index, Opcode.LOAD)}: expected a memory to load, got OUT")
    if isinstance(instruction, Store) and instruction.x_size and instruction.memory != Memory.OUT:
        raise AcceleratorError(
            f"{name_of(index, Opcode.STORE)}: expected memory OUT, got {instruction.memory.name}"
        )


@cache
def unused_bits(opcode: Opcode, config: VTAConfig) -> int:
    """The bits of an instruction that belong to no field, as a mask."""
    used = sum(((1 << field.width) - 1) << field.low for field in layouts(config)[opcode])
    return ((1 << (8 * INSTRUCTION_BYTES)) - 1) ^ used


def name_of(index: int, opcode: Opcode) -> str:
    """How errors name an instruction."""
    return f"instruction {index} ({opcode.name})"
