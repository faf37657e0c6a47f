"""Micro-op kernels: where each lies in the micro-op memory, and the loads that bring them.

Kernels are placed in the order of their first use. Those that fit together are loaded by
one instruction, before the first of them is used; when the memory is full, it is filled
again from its start with the kernels that come next.
"""

from __future__ import annotations

import numpy as np

from autosched.codegen.native import Int64s, native
from autosched.vta.config import HARDWARE_UOPS, Memory, VTAConfig
from autosched.vta.isa import Opcode, encode_uops
from autosched.vta.isa.table import Column, Rows
from autosched.vta.lowering.columns import WIDTH, Effect


def capacity(config: VTAConfig) -> int:
    """How many micro-ops the memory holds."""
    return min(HARDWARE_UOPS, config.depth(Memory.UOP))


def place(rows: Rows, kernels: list[Rows], config: VTAConfig, base: int) -> tuple[Rows, bytes]:
    """The instructions with the loads of their micro-ops, and the bytes of the micro-ops in DRAM.

    `base` is where these begin in DRAM, counted in micro-ops.
    """
    if not kernels:
        return rows, b""
    (at,) = (rows[:, Effect.KERNEL] >= 0).nonzero()
    used = rows[at, Effect.KERNEL]
    sizes = np.array([len(kernel) for kernel in kernels])
    begins, loaded = np.empty_like(used), np.empty_like(used)
    fills = np.empty((len(used), 2), np.int64)
    counts = np.zeros(2, np.int64)
    marks = np.full((len(sizes), 2), -1)
    _place(
        used, len(used), sizes, capacity(config), marks.reshape(-1), begins, loaded,
        fills.reshape(-1), counts,
    )  # fmt: skip
    rows[at, Column.UOP_BGN] = begins
    rows[at, Column.UOP_END] = begins + sizes[used]
    image = np.concatenate([kernels[number] for number in loaded[: counts[0]].tolist()])
    users, ends = fills[: counts[1]].T
    before = at[users]
    before[0] = 0
    loads = _loads(base, np.append(0, ends))
    return np.insert(rows, before, loads, axis=0), encode_uops(image, config)


@native
def _place(
    used: Int64s,
    count: int,
    sizes: Int64s,
    room: int,
    marks: Int64s,
    begins: Int64s,
    loaded: Int64s,
    fills: Int64s,
    counts: Int64s,
) -> None:
    """Find where the micro-ops of each instruction begin; `used` are the numbers of the kernels.

    `loaded` gets the kernels in the order in which they are loaded, `fills` for each load the
    first instruction that needs it and how many micro-ops are loaded up to its end; `counts`
    says how many there are of both. `marks` has, for each kernel, the load it was last in and
    its place there.
    """
    fill = -1
    filled = room
    total = 0
    kernels = 0
    for number in range(count):
        kernel = used[number]
        size = sizes[kernel]
        if fill < 0 or marks[2 * kernel] != fill:
            if filled + size > room:
                fill += 1
                fills[2 * fill] = number
                filled = 0
            marks[2 * kernel], marks[2 * kernel + 1] = fill, filled
            filled += size
            total += size
            fills[2 * fill + 1] = total
            loaded[kernels] = kernel
            kernels += 1
        begins[number] = marks[2 * kernel + 1]
    counts[0], counts[1] = kernels, fill + 1


def _loads(base: int, ends: Rows) -> Rows:
    """Loads of the micro-ops between the places of `ends`, from `base` on."""
    counts = np.diff(ends)
    rows = np.zeros((len(counts), WIDTH), np.int64)
    rows[:, Column.OPCODE] = Opcode.LOAD
    rows[:, Column.MEMORY] = Memory.UOP
    rows[:, Column.DRAM_BASE] = base + ends[:-1]
    rows[:, Column.Y_SIZE] = 1
    rows[:, Column.X_SIZE] = rows[:, Column.X_STRIDE] = counts
    return rows
