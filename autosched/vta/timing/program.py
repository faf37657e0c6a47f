"""A stream of instructions as the engine wants it: queues, tokens and costs in a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from autosched.codegen.native import Int64s
from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import INSTRUCTION_BYTES, Opcode, decode
from autosched.vta.isa.bytes import stream_of
from autosched.vta.isa.fields import layouts
from autosched.vta.timing.preset import Bus, Preset
from autosched.vta.timing.reading import REASONS, Machine, Refused, read
from autosched.vta.timing.refusal import refusal
from autosched.vta.timing.table import (
    KINDS,
    NO_CLIENT,
    QUEUES,
    UNITS,
    WIDTH,
    Column,
    Kind,
)
from autosched.vta.timing.transfers import cut_all

_PORT_BEATS = 1 << 30
"""A port does not cut rows."""

_MOST_BURSTS = 1 << 27
"""Bursts that there is memory for, 16 bytes each; layers have thousands."""

_POPS = ((None, 1), (0, 3), (2, None))
_PUSHES = ((None, 0), (1, 2), (3, None))
"""For each unit, the queue from or to its previous and its next neighbour."""


@dataclass(slots=True)
class Program:
    """`table` has a row of `Column` for each instruction and one for fetch.

    `bursts` are beats of one request each; the table says where a transfer's begin.
    """

    table: Int64s
    bursts: Int64s

    @property
    def count(self) -> int:
        """How many instructions there are."""
        return len(self.table) - 1

    def column(self, column: Column) -> Int64s:
        """One column, of the instructions alone."""
        return self.table[:-1, column]

    @property
    def kinds(self) -> list[str]:
        """What each instruction is called."""
        return [KINDS[kind] for kind in self.column(Column.KIND)]

    def pushes(self, queue: int) -> Int64s:
        """The instructions that push to a queue, in order."""
        return np.flatnonzero(self.column(Column.TOKENS) >> (len(QUEUES) + queue) & 1)


def read_program(data: bytes, config: VTAConfig, preset: Preset) -> Program:
    """The program in `data`, without what it costs.

    Raises `AcceleratorError` naming the instruction when it does not decode, waits for a
    neighbour its unit has not, lies outside a buffer or repeats nothing, when FINISH is not
    the last one or the only one, and when there may be more than 2^27 bursts.
    """
    data = stream_of(data)
    if not data or len(data) % INSTRUCTION_BYTES:
        decode(data, config)
        raise AcceleratorError("expected a program that ends in FINISH, got no instruction")
    burst_beats = preset.memory.burst_beats if isinstance(preset.memory, Bus) else _PORT_BEATS
    machine = _machine(config, burst_beats)
    count = len(data) // INSTRUCTION_BYTES
    table = np.zeros((count + 1, WIDTH), np.int64)
    if refused := read(machine, np.frombuffer(data, "<i8"), count, table):
        index, why = divmod(refused, REASONS)
        kind, unit = table[index, [Column.KIND, Column.UNIT]]
        raise refusal(data, index, Refused(why), kind, unit, config)
    last = table[-2, Column.KIND]
    if last != Kind.FINISH:
        raise AcceleratorError(
            f"instruction {count - 1} ({KINDS[last]}): expected FINISH to be the last one",
            hint="without it the host waits for ever",
        )
    fetch = table[-1]
    fetch[Column.KIND], fetch[Column.CLIENT] = Kind.FETCH, NO_CLIENT
    if fetch[Column.FIRST] > _MOST_BURSTS:
        raise AcceleratorError(
            f"expected rows of transfers in at most 2^27 bursts, got up to {fetch[Column.FIRST]}",
            hint="a transfer has one or two bursts for each of its rows; move longer rows",
        )
    bursts = np.empty(fetch[Column.FIRST] + 1, np.int64)
    bus_bits, vector_bits = _beats(config)
    cut_all(table, bursts, count, machine[Machine.LIMIT], bus_bits, vector_bits)
    return Program(table, bursts)


def _beats(config: VTAConfig) -> tuple[int, int]:
    """Logarithms of the bytes of a beat, and of the beats of one read of the output buffer.

    Where an element fits a beat, a burst is one read, however long.
    """
    bus_bits = config.bus_bytes.bit_length() - 1
    if config.log_element_bytes(Memory.OUT) <= bus_bits:
        return bus_bits, 40
    return bus_bits, max(0, config.log_element_bytes(Memory.OUT) - config.log_batch - bus_bits)


@cache
def _machine(config: VTAConfig, burst_beats: int) -> Int64s:
    """The constants of `Machine`."""
    fields = {
        one.name: one
        for opcode in (Opcode.LOAD, Opcode.GEMM, Opcode.ALU)
        for one in layouts(config)[opcode]
    }
    machine = np.zeros(Machine.LIMIT + 1, np.int64)
    for name in list(Machine)[: list(Machine).index(Machine.DEPTH)]:
        one = fields[name.name.lower()]
        machine[name : name + 2] = one.low, one.mask
    for memory in Memory:
        machine[Machine.DEPTH + memory] = config.depth(memory)
        machine[Machine.ELEMENT_BYTES + memory] = config.element_bytes(memory)
    for unit in range(len(UNITS)):
        for flags in range(16):
            machine[Machine.TOKENS + 16 * unit + flags] = _tokens(unit, flags)
    machine[Machine.LIMIT] = burst_beats * config.bus_bytes
    return machine


def _tokens(unit: int, flags: int) -> int:
    """The queues that an instruction pops and pushes; -1 where a neighbour is missing."""
    tokens = 0
    queues = (*_POPS[unit], *_PUSHES[unit])
    for bit, queue in enumerate(queues):
        if flags >> bit & 1:
            if queue is None:
                return -1
            tokens |= 1 << (queue + (len(QUEUES) if bit >= len(_POPS[unit]) else 0))
    return tokens
