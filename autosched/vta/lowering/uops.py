"""Micro-op kernels: each kept once, loaded together, and placed in the micro-op memory.

Kernels are placed in the order of their first use. Those that fit together are loaded by
one instruction, before the first of them is used; when the memory is full it is filled
anew with those that come next.
"""

from __future__ import annotations

import numpy as np

from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import Opcode, encode_uops
from autosched.vta.lowering.pack import Row
from autosched.vta.lowering.stream import Draft, Kernel

HARDWARE_UOPS = 2048
"""The RTL's micro-op memory is this deep, whatever the configuration says."""


def capacity(config: VTAConfig) -> int:
    """How many micro-ops may be in the memory at a time."""
    return min(HARDWARE_UOPS, config.depth(Memory.UOP))


def place(
    drafts: list[Draft], config: VTAConfig, base: int
) -> tuple[list[tuple[Opcode, Row]], bytes]:
    """The instructions with loads of their micro-ops among them, and the micro-ops in DRAM.

    `base` is where those lie in DRAM, in micro-ops.
    """
    fills = _fills(drafts, capacity(config))
    image: list[tuple[int, int, int]] = []
    rows: list[tuple[Opcode, Row]] = []
    places: dict[Kernel, tuple[int, int]] = {}
    for number, draft in enumerate(drafts):
        if number in fills:
            start = len(image)
            places = {}
            for kernel in fills[number]:
                first = len(image) - start
                places[kernel] = (first, first + len(kernel.uops))
                image += kernel.uops
            rows.append((Opcode.LOAD, _load(base + start, len(image) - start)))
        flags = (draft.pop_prev, draft.pop_next, draft.push_prev, draft.push_next)
        span = places[draft.kernel] if draft.kernel is not None else ()
        rows.append((draft.opcode, (*flags, *draft.head, *span, *draft.tail)))
    table = np.array(image, dtype=np.int64).reshape(-1, 3)
    return rows, encode_uops(table, config)


def _load(dram_base: int, count: int) -> Row:
    return (0, 0, 0, 0, Memory.UOP, 0, dram_base, 1, count, count, 0, 0, 0, 0)


def _fills(drafts: list[Draft], room: int) -> dict[int, list[Kernel]]:
    """Before which drafts the memory is filled, and with which kernels."""
    fills: dict[int, list[Kernel]] = {}
    current: dict[Kernel, None] = {}
    start, used = 0, 0
    for number, draft in enumerate(drafts):
        kernel = draft.kernel
        if kernel is None or kernel in current:
            continue
        if used + len(kernel.uops) > room:
            fills[start] = list(current)
            current, start, used = {}, number, 0
        current[kernel] = None
        used += len(kernel.uops)
    if current:
        fills[start] = list(current)
    return fills
