"""LOAD and STORE: rows between DRAM and a memory on the chip."""

from __future__ import annotations

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory
from autosched.vta.isa.instructions import Load, Store, Transfer
from autosched.vta.isa.uops import decode_uops
from autosched.vta.simulator.state import Array, State


def load(state: State, instruction: Load, dram: Array) -> None:
    """Run a LOAD whose areas are checked."""
    memory = instruction.memory
    height, width = padded_shape(instruction)
    size = state.config.element_bytes(memory)
    first = instruction.sram_base
    elements = state.raw[memory][first : first + height * width]
    rows = elements.reshape(height, width * size)
    top, left = instruction.y_pad_0, instruction.x_pad_0 * size
    inner = instruction.x_size * size
    if height != instruction.y_size or width != instruction.x_size:
        rows[...] = 0
    if instruction.y_size:
        rows[top : top + instruction.y_size, left : left + inner] = _dram_rows(
            dram, instruction, size
        )
    if memory is Memory.UOP:
        state.uops[first : first + height * width] = decode_uops(elements.tobytes(), state.config)


def store(state: State, instruction: Store, dram: Array) -> None:
    """Run a STORE whose areas are checked."""
    first, count = instruction.sram_base, instruction.y_size * instruction.x_size
    if not count:
        return
    size = state.config.element_bytes(Memory.OUT)
    low_bytes = state.raw[Memory.ACC][first : first + count, ::4]
    rows = low_bytes.reshape(instruction.y_size, instruction.x_size * size)
    target = _dram_rows(dram, instruction, size)
    if instruction.x_stride >= instruction.x_size:
        target[...] = rows
    else:
        # Rows overlap, and the later one must stay.
        for row, line in zip(target, rows, strict=True):
            row[...] = line


def check_areas(state: State, instruction: Transfer, dram: Array, name: str) -> None:
    """Raise `AcceleratorError` where a transfer leaves its memory or the DRAM image."""
    height, width = padded_shape(instruction)
    first, depth = instruction.sram_base, state.config.depth(instruction.memory)
    if first + height * width > depth:
        raise AcceleratorError(
            f"{name}: expected elements of {instruction.memory.name} up to {depth - 1}, "
            f"got {first} to {first + height * width - 1} ({height} rows of {width})"
        )
    size = state.config.element_bytes(instruction.memory)
    last = instruction.dram_base + (instruction.y_size - 1) * instruction.x_stride
    end = (last + instruction.x_size) * size
    if instruction.y_size and end > dram.size:
        raise AcceleratorError(
            f"{name}: expected DRAM addresses below {dram.size:#x}, got "
            f"{instruction.dram_base * size:#x} to {end - 1:#x} ({instruction.y_size} rows of "
            f"{instruction.x_size * size} bytes, {instruction.x_stride * size} apart)"
        )


def padded_shape(instruction: Transfer) -> tuple[int, int]:
    """Return the rows and columns in the memory; a STORE has no padding."""
    if isinstance(instruction, Store):
        return instruction.y_size, instruction.x_size
    height = instruction.y_pad_0 + instruction.y_size + instruction.y_pad_1
    return height, instruction.x_pad_0 + instruction.x_size + instruction.x_pad_1


def _dram_rows(dram: Array, instruction: Transfer, size: int) -> Array:
    """Return the rows as a view of the image."""
    return np.ndarray(
        (instruction.y_size, instruction.x_size * size),
        np.uint8,
        buffer=dram,
        offset=instruction.dram_base * size,
        strides=(instruction.x_stride * size, 1),
    )
