"""Instructions to bytes and back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
    _check_members(instruction, index)
    _check_memory(instruction, index)
    return word.to_bytes(INSTRUCTION_BYTES, "little")


def _check_members(instruction: Instruction, index: int) -> None:
    for name, kind in ENUMS.items():
        value = getattr(instruction, name, None)
        if value is not None and value not in kind._value2member_map_:
            raise _no_member(index, instruction.opcode, name, value)


def decode(data: bytes, config: VTAConfig) -> list[Instruction]:
    """The instructions of a stream.

    Bits of no field mean nothing: runtimes leave them as they find them, and so they are
    passed over. Raises `AcceleratorError` naming the instruction when the stream ends inside
    one, or when an opcode, a memory or an operation does not exist.
    """
    data = stream_of(data)
    if len(data) % INSTRUCTION_BYTES:
        raise AcceleratorError(
            f"instruction {len(data) // INSTRUCTION_BYTES}: expected {INSTRUCTION_BYTES} bytes, "
            f"got {len(data) % INSTRUCTION_BYTES} before the end of the stream"
        )
    return [
        _instruction(int.from_bytes(data[at : at + INSTRUCTION_BYTES], "little"), index, config)
        for index, at in enumerate(range(0, len(data), INSTRUCTION_BYTES))
    ]


def stream_of(data: object) -> bytes:
    """The bytes of a stream in whatever holds bytes: an array and a view do, a number does not."""
    try:
        return memoryview(data).tobytes()  # type: ignore[arg-type]
    except TypeError:
        raise AcceleratorError(
            f"expected the instructions as bytes, got a {type(data).__name__}",
            hint="assemble makes them of a text, encode of instructions",
        ) from None


def _instruction(word: int, index: int, config: VTAConfig) -> Instruction:
    number = word & ((1 << OPCODE_BITS) - 1)
    if number not in CLASSES:
        known = ", ".join(f"{code.value} ({code.name})" for code in Opcode)
        raise AcceleratorError(f"instruction {index}: expected an opcode of {known}, got {number}")
    opcode = Opcode(number)
    values: dict[str, Any] = {}
    for name, low, mask, convert in _readers(opcode, config):
        value = word >> low & mask
        try:
            values[name] = convert(value) if convert else value
        except ValueError:
            raise _no_member(index, opcode, name, value) from None
    instruction: Instruction = CLASSES[opcode](**values)
    _check_memory(instruction, index)
    return instruction


@cache
def _readers(
    opcode: Opcode, config: VTAConfig
) -> tuple[tuple[str, int, int, Callable[[int], int] | None], ...]:
    """For each field its name, its place and what makes its value of its bits."""
    return tuple(
        (field.name, field.low, field.mask, _converter(field))
        for field in layouts(config)[opcode][1:]
    )


def _converter(field: Field) -> Callable[[int], int] | None:
    if field.name in FLAGS:
        return bool
    if field.signed:
        return lambda bits: bits - (1 << field.width) if bits > field.most else bits
    return ENUMS.get(field.name)


def _no_member(index: int, opcode: Opcode, name: str, value: int) -> AcceleratorError:
    known = ", ".join(f"{member.value} ({member.name})" for member in ENUMS[name])
    return AcceleratorError(
        f"{name_of(index, opcode)}: expected {name} to be one of {known}, got {value}"
    )


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
