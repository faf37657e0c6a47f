"""A program that is in order, read in columns: no object for each instruction.

Tuning runs thousands of programs of some hundred instructions, for which taking each apart
costs more than what it computes. Whatever is unusual is left to the simulator proper, which
says what is wrong with it.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cache

import numpy as np

from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import INSTRUCTION_BYTES, AluOp, Opcode
from autosched.vta.isa.fields import WORD_BITS, layouts
from autosched.vta.simulator.counters import Counters
from autosched.vta.simulator.state import Array

_TRANSFER = ("memory", "sram_base", "dram_base", "y_size", "x_size", "x_stride",
             "y_pad_0", "y_pad_1", "x_pad_0", "x_pad_1")  # fmt: skip
_NEST = ("uop_bgn", "uop_end", "iter_out", "iter_in", "dst_factor_out", "dst_factor_in",
         "src_factor_out", "src_factor_in")  # fmt: skip
_NAMES = {
    Opcode.LOAD: _TRANSFER,
    Opcode.STORE: _TRANSFER,
    Opcode.GEMM: (*_NEST, "wgt_factor_out", "wgt_factor_in", "reset"),
    Opcode.ALU: (*_NEST, "op", "use_imm", "imm"),
}
_LOADED = (Memory.UOP, Memory.WGT, Memory.INP, Memory.ACC)
_LOAD, _COMPUTE, _STORE = range(3)


@dataclass(slots=True)
class QuickProgram:
    """Opcodes, the values of each instruction's fields, and an order that tokens allow."""

    opcodes: list[int]
    rows: list[list[int]]
    order: list[int]
    counters: Counters


def quick_program(
    data: bytes, config: VTAConfig, dram_bytes: int, uop_limit: int
) -> QuickProgram | None:
    """The program in `data`, or None where the simulator proper has to look at it."""
    if not data or len(data) % INSTRUCTION_BYTES:
        return None
    words = np.frombuffer(data, "<u8").reshape(-1, 2)
    opcodes = (words[:, 0] & np.uint64(7)).astype(np.int64)
    finish = opcodes == Opcode.FINISH
    if (opcodes > Opcode.ALU).any() or finish.sum() != 1 or not finish[-1]:
        return None
    rows: list[list[int]] = [[]] * len(opcodes)
    units = np.full(len(opcodes), _COMPUTE)
    units[opcodes == Opcode.STORE] = _STORE
    counters = Counters()
    for opcode in _NAMES:
        places = np.flatnonzero(opcodes == opcode)
        columns = _columns(words[places], opcode, config)
        if opcode in (Opcode.LOAD, Opcode.STORE):
            if not _in_bounds(columns, opcode, config, dram_bytes):
                return None
            if opcode is Opcode.LOAD:
                loads = np.isin(columns["memory"], (Memory.INP, Memory.WGT))
                units[places[loads]] = _LOAD
        elif not _countable(columns, opcode, config):
            return None
        _count(counters, columns, opcode, config)
        table = np.stack([columns[name] for name in _NAMES[opcode]], axis=1)
        for place, row in zip(places.tolist(), table.tolist(), strict=True):
            rows[place] = row
    if _uops_run(rows, opcodes.tolist()) > uop_limit:
        return None
    flags = ((words[:, 0] >> np.uint64(3)) & np.uint64(15)).tolist()
    order = _order(units.tolist(), flags)
    return None if order is None else QuickProgram(opcodes.tolist(), rows, order, counters)


@cache
def _places(opcode: Opcode, config: VTAConfig) -> list[tuple[str, int, int, int]]:
    """Name, word, lowest bit and mask of the fields that running needs; imm comes last."""
    found = {field.name: field for field in layouts(config)[opcode]}
    return [
        (name, *divmod(found[name].low, WORD_BITS), found[name].mask) for name in _NAMES[opcode]
    ]


def _columns(words: Array, opcode: Opcode, config: VTAConfig) -> dict[str, Array]:
    columns = {
        name: ((words[:, word] >> np.uint64(low)) & np.uint64(mask)).astype(np.int64)
        for name, word, low, mask in _places(opcode, config)
    }
    if "imm" in columns:
        columns["imm"] = (columns["imm"] ^ 0x8000) - 0x8000  # 16 bits, signed
    return columns


def _in_bounds(
    columns: dict[str, Array], opcode: Opcode, config: VTAConfig, dram_bytes: int
) -> bool:
    """Every transfer of one kind stays in its memory and in the image, and is an ordinary one."""
    c = columns
    memory = c["memory"]
    known = _LOADED if opcode is Opcode.LOAD else (Memory.OUT,)
    if not np.isin(memory, known).all():
        return False
    depth = np.array([config.depth(each) for each in Memory])[memory]
    size = np.array([config.element_bytes(each) for each in Memory])[memory]
    pads = opcode is Opcode.LOAD
    height = c["y_size"] + pads * (c["y_pad_0"] + c["y_pad_1"])
    width = c["x_size"] + pads * (c["x_pad_0"] + c["x_pad_1"])
    moves = (c["x_size"] > 0) & (c["y_size"] > 0)
    end = (c["dram_base"] + (c["y_size"] - 1) * c["x_stride"] + c["x_size"]) * size
    good = (c["sram_base"] + height * width <= depth) & (~moves | (end <= dram_bytes))
    if opcode is Opcode.STORE:  # rows that overlap are stored one by one
        good &= ~moves | (c["x_stride"] >= c["x_size"])
    return bool((good | (c["x_size"] == 0)).all())


def _countable(columns: dict[str, Array], opcode: Opcode, config: VTAConfig) -> bool:
    if opcode is Opcode.ALU and (columns["op"] > AluOp.MUL).any():
        return False
    return bool((columns["uop_end"] <= config.depth(Memory.UOP)).all())


def _count(
    counters: Counters, columns: dict[str, Array], opcode: Opcode, config: VTAConfig
) -> None:
    if opcode in (Opcode.LOAD, Opcode.STORE):
        moved = columns["y_size"] * columns["x_size"]
        for memory in (*_LOADED, Memory.OUT):
            count = int(moved[columns["memory"] == memory].sum())
            if count:
                kind = "store" if memory is Memory.OUT else "load"
                name = f"{memory.name.lower()}_{kind}_nbytes"
                setattr(counters, name, count * config.element_bytes(memory))
        return
    uops = np.maximum(columns["uop_end"] - columns["uop_bgn"], 0)
    runs = uops * columns["iter_out"] * columns["iter_in"]
    if opcode is Opcode.GEMM:
        counters.gemm_counter = int(runs[columns["reset"] == 0].sum())
    else:
        counters.alu_counter = int(runs.sum())


def _uops_run(rows: list[list[int]], opcodes: list[int]) -> int:
    """Micro-ops of all nests, resets too."""
    return sum(
        max(0, row[1] - row[0]) * row[2] * row[3]
        for row, opcode in zip(rows, opcodes, strict=True)
        if opcode in (Opcode.GEMM, Opcode.ALU)
    )


def _order(units: list[int], flags: list[int]) -> list[int] | None:
    """Each queue runs until it must wait; None where one waits for ever or a flag is wrong.

    The same order as `order.legal_order` finds.
    """
    queues: list[deque[int]] = [deque(), deque(), deque()]
    for index, unit in enumerate(units):
        queues[unit].append(index)
    # A token from unit a to its neighbour b lies at [2 * a + (b > a)].
    tokens = [0] * 6
    order: list[int] = []
    while any(queues):
        before = len(order)
        for unit, queue in enumerate(queues):
            while queue:
                flag = flags[queue[0]]
                if flag:
                    wrong = 0b0101 if unit == _LOAD else 0b1010 if unit == _STORE else 0
                    if flag & wrong:
                        return None
                    prev, next_ = 2 * (unit - 1) + 1, 2 * (unit + 1)
                    if (flag & 1 and not tokens[prev]) or (flag & 2 and not tokens[next_]):
                        break
                    if flag & 1:
                        tokens[prev] -= 1
                    if flag & 2:
                        tokens[next_] -= 1
                    if flag & 4:
                        tokens[2 * unit] += 1
                    if flag & 8:
                        tokens[2 * unit + 1] += 1
                order.append(queue.popleft())
        if len(order) == before:
            return None
    return order
