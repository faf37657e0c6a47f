"""Measures the peak of one core of this machine: multiply-adds and bytes read per second.

The kernels do nothing else, so they reach what is possible at the current clock frequency. The
rate of multiply-adds is the median of short runs, as the times of kernels are; the bandwidth is
the maximum.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from statistics import median

import numpy as np

from autosched.measure.peak_kernels import (
    READ_VECTORS,
    chains,
    dot_product_text,
    multiply_add_text,
    read_text,
)
from autosched.runtime.arrays import empty
from autosched.target.dot_products import DotProduct
from autosched.target.target import Target

RUNS = 12
RUN_SECONDS = 0.004
"""The number of timed runs of each kernel, and the length of each."""

TRIES = 3
"""Runs by which a length is chosen: the first one of all may wait for pages."""


@dataclass(frozen=True)
class Peak:
    """The peak of one core, in 1e9 float operations or 1e9 bytes read per second."""

    float32_gflops: float
    float64_gflops: float
    l1_gbytes: float
    l2_gbytes: float
    l3_gbytes: float
    dram_gbytes: float


class MultiplyAdds:
    """A callable that performs `flops` operations with the multiply-add units of one core.

    A call takes about `seconds`. If a kernel is timed beside it, choose the kernel's time, so
    that the load of the machine affects both equally.
    """

    def __init__(self, target: Target, dtype: str = "float32", seconds: float = RUN_SECONDS):
        element, size = {"float32": ("float", 4), "float64": ("double", 8)}[dtype]
        lanes = target.vector_lanes(size)
        self._run = _compiled(multiply_add_text(target, element, lanes), 1, target)
        self._data = np.zeros(chains(target) * lanes, dtype)
        self._count = _iterations(self._iterate, seconds)

    @property
    def flops(self) -> int:
        """The operations of a call; a multiply-add counts as two."""
        return 2 * self._data.size * self._count

    def __call__(self) -> None:
        self._iterate(self._count)

    def _iterate(self, count: int) -> None:
        self._run(self._data.ctypes.data, count)


@cache
def measure_peak(target: Target) -> Peak:
    """Measure the peak of `target`, which must be this machine, in at most a second."""
    sizes = working_sets(target)
    return Peak(
        float32_gflops=fma_peak(target, "float32"),
        float64_gflops=fma_peak(target, "float64"),
        **{f"{level}_gbytes": _bandwidth(target, size) for level, size in sizes.items()},
    )


def fma_peak(target: Target, dtype: str = "float32") -> float:
    """Measure the multiply-add peak of one core in GFLOP/s, for float32 or float64."""
    probe = _probe(target, dtype)
    return probe.flops / median(_seconds(probe) for _ in range(RUNS)) / 1e9


@cache
def _probe(target: Target, dtype: str) -> MultiplyAdds:
    return MultiplyAdds(target, dtype)


@cache
def dot_peak(target: Target, dot: DotProduct) -> float:
    """Measure the rate of dot products of one core in 1e9 multiplications and additions a second.

    The target must have the instruction `dot` for its widest vectors.
    """
    run = _compiled(dot_product_text(target, dot), 1, target)
    data = np.zeros(chains(target) * target.vector_bits // 32, np.int32)
    once = partial(run, data.ctypes.data)
    count = _iterations(once)
    operations = 2 * dot.steps * data.size * count
    return operations / median(_seconds(partial(once, count)) for _ in range(RUNS)) / 1e9


def working_sets(target: Target) -> dict[str, int]:
    """Return the bytes to read repeatedly to measure each level of the memory."""
    return {
        "l1": target.l1_bytes // 2,
        "l2": target.l2_bytes // 2,
        "l3": max(min(4 * target.l2_bytes, target.l3_bytes // 2), target.l2_bytes // 2),
        # A large last-level cache is shared by many cores; this is more than one core's part.
        "dram": min(max(2 * target.l3_bytes, 64 << 20), 256 << 20),
    }


def _bandwidth(target: Target, size: int) -> float:
    run = _compiled(read_text(target), 2, target)
    block = READ_VECTORS * target.vector_bits // 8
    data = empty((size,), np.dtype(np.uint8))
    data[:] = 1
    start = data.ctypes.data
    blocks = max(size // block, 1)

    def read(count: int) -> None:
        run(start, blocks, count)

    count = _iterations(read)
    seconds = min(_seconds(partial(read, count)) for _ in range(RUNS))
    return count * blocks * block / seconds / 1e9


def _iterations(run: Callable[[int], object], seconds: float = RUN_SECONDS) -> int:
    """Return how many iterations take about `seconds`.

    A run that is held up, and taken for a long one, would measure little but the call.
    """
    count = 1
    while (elapsed := min(_seconds(partial(run, count)) for _ in range(TRIES))) < seconds / 2:
        count *= max(2, min(100, int(seconds / max(elapsed, 1e-7))))
    return count


def _seconds(run: Callable[[], object]) -> float:
    # The CPU time of the thread, so that other processes do not lower the peak.
    before = time.thread_time()
    run()
    return time.thread_time() - before


def _compiled(text: str, sizes: int, target: Target) -> Callable[..., None]:
    from autosched.codegen.compile import compile_text

    kinds = [ctypes.c_void_p, *[ctypes.c_int64] * sizes]
    return compile_text(text, target).function("probe", *kinds)
