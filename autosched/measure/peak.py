"""What one core of this machine reaches: multiply-adds a second, and bytes read a second.

Measured with kernels that do nothing else, so that a share of the peak is a share of what
is possible here, at the clock this machine runs at. Multiply-adds a second are the median of
short runs, as the times of kernels are; bytes a second the best of them.
"""

from __future__ import annotations

import ctypes
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from statistics import median

import numpy as np

from autosched.measure.peak_kernels import READ_VECTORS, chains, multiply_add_text, read_text
from autosched.target.target import Target

RUNS = 12
RUN_SECONDS = 0.004
"""How often each kernel is timed, and for how long each time."""


@dataclass(frozen=True)
class Peak:
    """What one core reaches: billions of float operations, and of bytes read, a second."""

    float32_gflops: float
    float64_gflops: float
    l1_gbytes: float
    l2_gbytes: float
    l3_gbytes: float
    dram_gbytes: float


class MultiplyAdds:
    """A call that does nothing but `flops` operations of one core's multiply-add units.

    It takes about `seconds`: as long as what it is timed beside, so that load hits both alike.
    """

    def __init__(self, target: Target, dtype: str = "float32", seconds: float = RUN_SECONDS):
        element, size = {"float32": ("float", 4), "float64": ("double", 8)}[dtype]
        lanes = target.vector_lanes(size)
        self._run = _compiled(multiply_add_text(target, element, lanes), 1, target)
        self._data = np.zeros(chains(target) * lanes, dtype)
        self._count = _long_enough(self._iterate, seconds)

    @property
    def flops(self) -> int:
        """Operations of a call; a multiply-add is two."""
        return 2 * self._data.size * self._count

    def __call__(self) -> None:
        self._iterate(self._count)

    def _iterate(self, count: int) -> None:
        self._run(self._data.ctypes.data, count)


@cache
def measure_peak(target: Target) -> Peak:
    """Measure `target`, which must be this machine; takes a second or less."""
    sizes = working_sets(target)
    return Peak(
        float32_gflops=fma_peak(target, "float32"),
        float64_gflops=fma_peak(target, "float64"),
        **{f"{level}_gbytes": _bandwidth(target, size) for level, size in sizes.items()},
    )


def fma_peak(target: Target, dtype: str = "float32") -> float:
    """The multiply-add peak of one core in GFLOP/s, for float32 or float64."""
    probe = MultiplyAdds(target, dtype)
    return probe.flops / median(_seconds(probe) for _ in range(RUNS)) / 1e9


def working_sets(target: Target) -> dict[str, int]:
    """Bytes to read over and over so that they come from each level of the memory."""
    return {
        "l1": target.l1_bytes // 2,
        "l2": target.l2_bytes // 2,
        "l3": max(min(4 * target.l2_bytes, target.l3_bytes // 2), target.l2_bytes // 2),
        # A huge last-level cache is shared with others; this is beyond what one core keeps.
        "dram": min(max(2 * target.l3_bytes, 64 << 20), 256 << 20),
    }


def _bandwidth(target: Target, size: int) -> float:
    run = _compiled(read_text(target), 2, target)
    block = READ_VECTORS * target.vector_bits // 8
    data = np.ones(size + 64, np.uint8)
    start = data.ctypes.data + -data.ctypes.data % 64
    blocks = max(size // block, 1)

    def read(count: int) -> None:
        run(start, blocks, count)

    return blocks * block / _best_seconds(read) / 1e9


def _best_seconds(run: Callable[[int], object]) -> float:
    """Seconds of one iteration: of the fastest of some runs of many iterations."""
    count = _long_enough(run)
    return min(_seconds(partial(run, count)) for _ in range(RUNS)) / count


def _long_enough(run: Callable[[int], object], seconds: float = RUN_SECONDS) -> int:
    """How many iterations take about so long."""
    count = 1
    while (elapsed := _seconds(partial(run, count))) < seconds / 2:
        count *= max(2, min(100, int(seconds / max(elapsed, 1e-7))))
    return count


def _seconds(run: Callable[[], object]) -> float:
    # The thread's own time, so that what other processes take does not lower the peak.
    before = time.thread_time()
    run()
    return time.thread_time() - before


def _compiled(text: str, sizes: int, target: Target) -> Callable[..., None]:
    from autosched.codegen.compile import compile_text

    module = compile_text(text, target)
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, *[ctypes.c_int64] * sizes)
    function = kind(module.address("probe"))
    function.module = module  # type: ignore[attr-defined]  # the code lives as long as it
    return function
