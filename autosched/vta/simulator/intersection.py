"""Rules for single instructions on which all implementations agree."""

from __future__ import annotations

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import HARDWARE_UOPS, UOP_DISTANCE, Memory
from autosched.vta.isa.instructions import Alu, AluOp, Gemm, Instruction, Load
from autosched.vta.simulator.nest import Operand, UopNest
from autosched.vta.simulator.state import Array, State


def check_instruction(
    state: State, instruction: Instruction, nest: UopNest | None, name: str
) -> None:
    """Raise `AcceleratorError` where implementations run this instruction differently."""
    if isinstance(instruction, Load) and instruction.x_size:
        _check_load(instruction, name)
    if isinstance(instruction, Gemm | Alu) and nest is not None:
        _check_uop_depth(instruction.uop_end, name)
        if not nest.count:
            raise AcceleratorError(
                f"{name}: expected at least one micro-op, got {nest.iter_out} times "
                f"{nest.iter_in} times {len(nest.table)}",
                hint="whether hardware ends a loop of no turns is not known",
            )
        _check_compute(state, instruction, nest, name)


def _check_load(instruction: Load, name: str) -> None:
    if not instruction.y_size:
        raise AcceleratorError(f"{name}: expected at least one row, got y_size 0")
    if instruction.memory is not Memory.UOP:
        return
    _check_uop_depth(instruction.sram_base + instruction.x_size, name)
    pads = (instruction.y_pad_0, instruction.y_pad_1, instruction.x_pad_0, instruction.x_pad_1)
    if instruction.y_size != 1 or any(pads):
        raise AcceleratorError(
            f"{name}: expected micro-ops in one row without padding, "
            f"got {instruction.y_size} rows padded by {pads}"
        )


def _check_uop_depth(end: int, name: str) -> None:
    if end > HARDWARE_UOPS:
        raise AcceleratorError(
            f"{name}: expected micro-ops below {HARDWARE_UOPS}, got up to {end - 1}"
        )


def _check_compute(state: State, instruction: Gemm | Alu, nest: UopNest, name: str) -> None:
    dst = nest.indices(nest.operands[0])
    if isinstance(instruction, Gemm):
        if not instruction.reset:
            _check_distance(dst, dst, name)
        return
    _check_distance(dst, dst, name)
    if instruction.use_imm:
        _check_same_place(instruction, nest, dst, name)
    else:
        _check_distance(dst, nest.indices(nest.operands[1]), name)
    if instruction.op is AluOp.SHR:
        _check_shift(state, instruction, nest, name)


def _check_distance(written: Array, read: Array, name: str) -> None:
    for distance in range(1, UOP_DISTANCE):
        close = np.flatnonzero(written[:-distance] == read[distance:])
        if len(close):
            raise AcceleratorError(
                f"{name}: expected {UOP_DISTANCE} micro-ops or more from a write of a sum to its "
                f"next use, got {distance} at sum {written[close[0]]}"
            )


def _check_same_place(instruction: Alu, nest: UopNest, dst: Array, name: str) -> None:
    """Check that src is dst: with an immediate some implementations read the sum at src."""
    factors = instruction.src_factor_out, instruction.src_factor_in
    src = nest.indices(Operand("src", 1, Memory.ACC, *factors))
    if (src != dst).any():
        at = np.flatnonzero(src != dst)[0]
        raise AcceleratorError(
            f"{name}: expected src equal to dst with an immediate, got {src[at]} and {dst[at]}"
        )


def _check_shift(state: State, instruction: Alu, nest: UopNest, name: str) -> None:
    """Check the shifts: some implementations take the direction from the unused immediate."""
    if instruction.use_imm:
        least, amounts = -31, np.array([instruction.imm])
    else:
        least, amounts = 0, state.acc[nest.indices(nest.operands[1])]
        if instruction.imm < 0:
            raise AcceleratorError(f"{name}: expected imm at least 0, got {instruction.imm}")
    if amounts.min() < least or amounts.max() > 31:
        raise AcceleratorError(
            f"{name}: expected shifts from {least} to 31, got {amounts.min()} to {amounts.max()}"
        )
