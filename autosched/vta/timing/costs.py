"""The cycles of instructions on a machine, without waits for the bus."""

from __future__ import annotations

import numpy as np

from autosched.errors import AcceleratorError
from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa.table import INSTRUCTION_BYTES
from autosched.vta.timing.preset import Bus, Port, Preset
from autosched.vta.timing.program import TimedProgram
from autosched.vta.timing.table import COSTS, LOADS, NO_CLIENT, Entry, Kind

_LONGEST = 1 << 53
"""Cycles; sums of costs up to here are exact in float64."""


def price(program: TimedProgram, preset: Preset, config: VTAConfig) -> None:
    """Fill the entries of the cycles and of the bus.

    Raises `AcceleratorError` for programs of 2^53 cycles and more.
    """
    table, count = program.table, program.count
    kinds = table[:, Entry.KIND]
    costs = _coefficients(preset)[kinds[:count]]
    cycles = costs[:, 0]
    # In this order: it decides how costs with fractions are rounded.
    for number, column in enumerate(range(COSTS.start, COSTS.stop), 1):
        cycles = cycles + costs[:, number] * table[:count, column]
    if not cycles.sum() < _LONGEST:
        raise AcceleratorError(f"expected fewer than 2^53 cycles, got {cycles.sum():g}")
    table[:count, Entry.CYCLES] = np.rint(cycles)
    clients, drains = np.full(len(Kind), NO_CLIENT), np.zeros(len(Kind), np.int64)
    bus = preset.memory
    if isinstance(bus, Bus):
        clients[Kind.FETCH] = bus.order.index("fetch")
        for kind, client in LOADS.items():
            clients[kind] = bus.order.index(client)
            memory = Memory(kind - Kind.LOAD_UOP)
            wide = config.element_bytes(memory) <= config.bus_bytes
            drains[kind] = bus.drain_wide if wide else bus.drain_narrow
        table[:count, Entry.LEAD] = bus.request + bus.top_pad_row * table[:count, Entry.TOP]
    table[:, Entry.CLIENT] = clients[kinds]
    table[:, Entry.DRAIN] = drains[kinds]


def _coefficients(preset: Preset) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return a row for each kind: the cycles of its start, then of one unit of each of `COSTS`."""
    compute, store = preset.compute, preset.store
    rows = np.zeros((len(Kind), 7))
    rows[Kind.SYNC, 0] = compute.sync
    rows[Kind.FINISH, 0] = compute.finish
    rows[Kind.GEMM, [0, -1]] = rows[Kind.RESET, [0, -1]] = compute.gemm, compute.gemm_uop
    rows[Kind.ALU_IMM, [0, -1]] = compute.alu, compute.alu_imm_uop
    rows[Kind.ALU_TENSOR, [0, -1]] = compute.alu, compute.alu_tensor_uop
    rows[Kind.STORE, :5] = (
        store.start,
        store.per_row,
        store.per_burst,
        store.per_beat,
        store.per_vector,
    )
    if not isinstance(preset.memory, Bus):
        for kind, client in LOADS.items():
            port = preset.memory[client]
            rows[kind, [0, 1, 3, 5]] = port.start, port.per_row, port.per_beat, port.per_padding
    return rows


def batch_beats(count: int, config: VTAConfig) -> int:
    """Return the beats in which fetch reads `count` instructions."""
    return -(-count * INSTRUCTION_BYTES // config.bus_bytes)


def batch_cycles(count: int, port: Port, config: VTAConfig) -> int:
    """Return the cycles in which fetch reads `count` instructions through a port of its own."""
    return round(port.start + port.per_row * 1 + port.per_beat * batch_beats(count, config))
