"""Instructions to bytes and back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from enum import IntEnum
from functools import cache
from typing import Any

from autosched.errors import AcceleratorError, a_kind
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.fields import layouts
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
from autosched.vta.isa.native import unpack
from autosched.vta.isa.table import INSTRUCTION_BYTES, Column

CLASSES: dict[int, Any] = {kind.opcode: kind for kind in (Load, Store, Gemm, Finish, Alu)}

ENUMS: dict[str, type[IntEnum]] = {"memory": Memory, "op": AluOp}
FLAGS = {"pop_prev", "pop_next", "push_prev", "push_next", "reset", "use_imm"}


def encode(instructions: Iterable[Instruction], config: VTAConfig) -> bytes:
    """Return the stream of `instructions`, 16 bytes each.

    Raises `AcceleratorError` naming the instruction whose value does not fit its field.
    """
    return b"".join(
        encode_one(instruction, index, config) for index, instruction in enumerate(instructions)
    )


def encode_one(instruction: Instruction, index: int, config: VTAConfig) -> bytes:
    """Return the bytes of one instruction; errors name it by `index`."""
    word = int(instruction.opcode)
    for field in layouts(config)[instruction.opcode][1:]:
        value = getattr(instruction, field.name)
        # Equal to its integer: NumPy's numbers and bools are welcome, 1.5 is not.
        if not field.least <= value <= field.most or int(value) != value:
            raise AcceleratorError(
                f"{name_of(index, instruction.opcode)}: expected {field.name} as an integer from "
                f"{field.least} to {field.most}, got {value}"
            )
        word |= (int(value) & field.mask) << field.low
    for name, kind in ENUMS.items():
        value = getattr(instruction, name, None)
        if value is not None and value not in kind._value2member_map_:
            raise _no_member(index, instruction.opcode, name, value)
    _check_memory(instruction, index)
    return word.to_bytes(INSTRUCTION_BYTES, "little")


def decode(data: bytes, config: VTAConfig) -> list[Instruction]:
    """Return the instructions of a stream.

    Bits that belong to no field are ignored; runtimes leave them as they find them. Raises
    `AcceleratorError` naming the instruction when the stream ends inside one, or when an
    opcode, a memory or an operation does not exist.
    """
    rows = unpack(stream_of(data), config).tolist()
    return [_instruction(row, index) for index, row in enumerate(rows)]


def stream_of(data: object) -> bytes:
    """Return the bytes of a stream given as bytes, an array or another buffer.

    Raises `AcceleratorError` for anything else.
    """
    try:
        return memoryview(data).tobytes()  # type: ignore[arg-type]
    except TypeError:
        raise AcceleratorError(
            f"expected the instructions as bytes, got {a_kind(data)}",
            hint="assemble makes them of a text, encode of instructions",
        ) from None


def _instruction(row: list[int], index: int) -> Instruction:
    kind = CLASSES.get(row[Column.OPCODE])
    if kind is None:
        raise unknown_opcode(index, row[Column.OPCODE])
    values: dict[str, Any] = {name: row[column] for name, column in _columns(kind)}
    for name in values.keys() & FLAGS:
        values[name] = bool(values[name])
    for name in values.keys() & ENUMS.keys():
        try:
            values[name] = ENUMS[name](values[name])
        except ValueError:
            raise _no_member(index, kind.opcode, name, values[name]) from None
    instruction: Instruction = kind(**values)
    _check_memory(instruction, index)
    return instruction


@cache
def _columns(kind: type[Instruction]) -> list[tuple[str, Column]]:
    return [(field.name, Column[field.name.upper()]) for field in fields(kind)]


def unknown_opcode(index: int, number: int) -> AcceleratorError:
    """Return the error for an instruction with the opcode `number`, which does not exist."""
    known = ", ".join(f"{code.value} ({code.name})" for code in Opcode)
    return AcceleratorError(f"instruction {index}: expected an opcode of {known}, got {number}")


def _no_member(index: int, opcode: Opcode, name: str, value: int) -> AcceleratorError:
    known = ", ".join(f"{member.value} ({member.name})" for member in ENUMS[name])
    return AcceleratorError(
        f"{name_of(index, opcode)}: expected {name} to be one of {known}, got {value}"
    )


def _check_memory(instruction: Instruction, index: int) -> None:
    """Check the memory: a LOAD fills any but OUT, a STORE that moves anything reads OUT."""
    if isinstance(instruction, Load) and instruction.memory == Memory.OUT:
        raise AcceleratorError(f"{name_of(index, Opcode.LOAD)}: expected a memory to load, got OUT")
    if isinstance(instruction, Store) and instruction.x_size and instruction.memory != Memory.OUT:
        raise AcceleratorError(
            f"{name_of(index, Opcode.STORE)}: expected memory OUT, got {instruction.memory.name}"
        )


@cache
def unused_bits(opcode: Opcode, config: VTAConfig) -> int:
    """Return the bits of an instruction that belong to no field, as a mask."""
    used = sum(((1 << field.width) - 1) << field.low for field in layouts(config)[opcode])
    return ((1 << (8 * INSTRUCTION_BYTES)) - 1) ^ used


def name_of(index: int, opcode: Opcode) -> str:
    """Return the name of an instruction in errors."""
    return f"instruction {index} ({opcode.name})"
