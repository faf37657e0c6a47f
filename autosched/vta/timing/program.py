"""From a stream of instructions to the timing table that the engine plays through."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.codegen.native import Int64s
from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.bytes import stream_of
from autosched.vta.isa.native import geometry, unpack
from autosched.vta.timing.preset import Bus, Preset
from autosched.vta.timing.reading import REASONS, Refused, read
from autosched.vta.timing.refusal import refusal
from autosched.vta.timing.table import KINDS, NO_CLIENT, QUEUE_NAMES, WIDTH, Entry, Kind
from autosched.vta.timing.transfers import cut_all

_PORT_BEATS = 1 << 30
"""More beats than a row has: a port does not cut rows."""

_MOST_BURSTS = 1 << 27
"""A limit on memory: a burst takes 16 bytes. Layers have thousands."""


@dataclass(slots=True)
class TimedProgram:
    """The timing table of a program: a row of `Entry` for each instruction and one for fetch.

    `bursts` are the beats of each request; `Entry.FIRST` is where those of a transfer begin.
    """

    table: Int64s
    bursts: Int64s

    @property
    def count(self) -> int:
        """The number of instructions."""
        return len(self.table) - 1

    def column(self, column: Entry) -> Int64s:
        """Return an entry of every instruction, without fetch."""
        return self.table[:-1, column]

    def pushes(self, queue: int) -> Int64s:
        """Return the numbers of the instructions that push to a queue, in order."""
        return np.flatnonzero(self.column(Entry.TOKENS) >> (len(QUEUE_NAMES) + queue) & 1)


def read_program(data: bytes, config: VTAConfig, preset: Preset) -> TimedProgram:
    """Return the program in `data`, without its costs.

    Raises `AcceleratorError` naming the instruction when it does not decode, has a flag for a
    neighbour that its unit does not have, reaches out of a buffer or has no iterations, when
    FINISH is not the last or not the only one, and when there may be more than 2^27 bursts.
    """
    rows = unpack(stream_of(data), config)
    count = len(rows)
    if not count:
        raise AcceleratorError("expected a program that ends in FINISH, got no instruction")
    burst_beats = preset.memory.burst_beats if isinstance(preset.memory, Bus) else _PORT_BEATS
    burst_bytes = burst_beats * config.bus_bytes
    table = np.zeros((count + 1, WIDTH), np.int64)
    if refused := read(rows.reshape(-1), count, geometry(config), burst_bytes, table):
        index, why = divmod(refused, REASONS)
        kind, unit = table[index, [Entry.KIND, Entry.UNIT]].tolist()
        raise refusal(rows, index, Refused(why), kind, unit, config)
    last = table[-2, Entry.KIND]
    if last != Kind.FINISH:
        raise AcceleratorError(
            f"instruction {count - 1} ({KINDS[last]}): expected FINISH to be the last one",
            hint="without it the host waits for ever",
        )
    fetch = table[-1]
    fetch[Entry.KIND], fetch[Entry.CLIENT] = Kind.FETCH, NO_CLIENT
    if fetch[Entry.FIRST] > _MOST_BURSTS:
        raise AcceleratorError(
            f"expected rows of transfers in at most 2^27 bursts, got up to {fetch[Entry.FIRST]}",
            hint="a transfer has one or two bursts for each of its rows; move longer rows",
        )
    bursts = np.empty(fetch[Entry.FIRST] + 1, np.int64)
    bus_bits, vector_bits = _beats(config)
    cut_all(table, bursts, count, burst_bytes, bus_bits, vector_bits)
    return TimedProgram(table, bursts)


def _beats(config: VTAConfig) -> tuple[int, int]:
    """Return the logarithms of the bytes of a beat and of the beats of a read of the output buffer.

    If an element fits into a beat, a burst of any length is one read.
    """
    bus_bits = config.bus_bytes.bit_length() - 1
    if config.log_element_bytes(Memory.OUT) <= bus_bits:
        return bus_bits, 40
    return bus_bits, max(0, config.log_element_bytes(Memory.OUT) - config.log_batch - bus_bits)
