"""Places micro-op kernels in the micro-op memory, and inserts the instructions that load them.

Kernels are placed in the order of their first use. One instruction loads as many kernels as
fit into the memory, before the first of them is used; when the memory is full, the next
instruction fills it again from the start.
"""

from __future__ import annotations

import numpy as np

from autosched.codegen.native import Int64s, native
from autosched.vta.config import HARDWARE_UOPS, Memory, VTAConfig
from autosched.vta.isa.instructions import Opcode
from autosched.vta.isa.table import Column, Rows
from autosched.vta.isa.uops import encode_uops
from autosched.vta.lowering.columns import WIDTH, Effect


def capacity(config: VTAConfig) -> int:
    """Return how many micro-ops the memory holds."""
    return min(HARDWARE_UOPS, config.depth(Memory.UOP))


def place(rows: Rows, kernels: list[Rows], config: VTAConfig, base: int) -> tuple[Rows, bytes]:
    """Return the instructions with the loads of their micro-ops, and the micro-ops as bytes.

    `base` is the place in DRAM where these bytes begin, in micro-ops.
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
    used: Int64s, count: int, sizes: Int64s, capacity: int,
    marks: Int64s, begins: Int64s, loaded: Int64s, fills: Int64s, counts: Int64s,
) -> None:  # fmt: skip
    """Find where the micro-ops of each instruction begin.

    `used` has the number of each instruction's kernel. The results are written to the arguments:
    `begins`, the place of each instruction's micro-ops; `loaded`, the kernels in the order of
    their loading; `fills`, for each load the first instruction that needs it and the total of
    micro-ops up to its end; `counts`, the lengths of `loaded` and `fills`. `marks` has, for each
    kernel, the last load that brought it and its place in the memory.
    """
    fill = -1
    filled = capacity
    total = 0
    kernels = 0
    for number in range(count):
        kernel = used[number]
        size = sizes[kernel]
        if fill < 0 or marks[2 * kernel] != fill:
            if filled + size > capacity:
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
    """Return the load instructions; load n brings micro-ops `ends[n]` to `ends[n + 1]`.

    Their places in DRAM are counted from `base`.
    """
    counts = np.diff(ends)
    rows = np.zeros((len(counts), WIDTH), np.int64)
    rows[:, Column.OPCODE] = Opcode.LOAD
    rows[:, Column.MEMORY] = Memory.UOP
    rows[:, Column.DRAM_BASE] = base + ends[:-1]
    rows[:, Column.Y_SIZE] = 1
    rows[:, Column.X_SIZE] = rows[:, Column.X_STRIDE] = counts
    return rows
