"""Micro-op kernels: each kept once, loaded together, and placed in the micro-op memory.

Kernels are placed in the order of their first use. Those that fit together are loaded by
one instruction, before the first of them is used; when the memory is full it is filled
anew with those that come next.
"""

from __future__ import annotations

import numpy as np

from autosched.vta.config import Memory, VTAConfig
from autosched.vta.isa import Instruction, Load, encode_uops
from autosched.vta.lowering.stream import Draft, Kernel

HARDWARE_UOPS = 2048
"""The RTL's micro-op memory is this deep, whatever the configuration says."""


def capacity(config: VTAConfig) -> int:
    """How many micro-ops may be in the memory at a time."""
    return min(HARDWARE_UOPS, config.depth(Memory.UOP))


def place(drafts: list[Draft], config: VTAConfig, base: int) -> tuple[list[Instruction], bytes]:
    """The instructions with loads of their micro-ops among them, and the micro-ops in DRAM.

    `base` is where those lie in DRAM, in micro-ops.
    """
    fills = _fills(drafts, capacity(config))
    image: list[tuple[int, int, int]] = []
    instructions: list[Instruction] = []
    places: dict[Kernel, int] = {}
    for number, draft in enumerate(drafts):
        if number in fills:
            places = {}
            start = len(image)
            for kernel in fills[number]:
                places[kernel] = len(image) - start
                image += kernel.uops
            instructions.append(
                Load(Memory.UOP, 0, base + start, 1, len(image) - start, len(image) - start)
            )
        instructions.append(_instruction(draft, places))
    table = np.array(image, dtype=np.int64).reshape(-1, 3)
    return instructions, encode_uops(table, config)


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


def _instruction(draft: Draft, places: dict[Kernel, int]) -> Instruction:
    values = draft.values
    flags = {
        "pop_prev": draft.pop_prev,
        "pop_next": draft.pop_next,
        "push_prev": draft.push_prev,
        "push_next": draft.push_next,
    }
    kernel = draft.kernel
    if kernel is not None:
        begin = places[kernel]
        values = (values[0], begin, begin + len(kernel.uops), *values[1:])
    return draft.kind(*values, **flags)
