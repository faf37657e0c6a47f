"""What calling a kernel from Python costs over the kernel itself. The goal: 2 µs or less.

python -m benchmarks.call_overhead --json benchmarks/results/call_overhead.json
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from time import process_time_ns

import click
import numpy as np

import autosched
from autosched import te
from autosched.measure.native_loop import NativeRunner
from autosched.measure.timer import Runner, interleave, python_runner
from benchmarks.common.machine import environment, pinned, wait_until_quiet
from benchmarks.common.options import json_option, wait_option
from benchmarks.common.report import Row, save, show

GOAL_US = 2.0
SHAPES = ((16,), (4096,), (32, 128), (4, 8, 4, 32))


@click.command()
@json_option
@wait_option
def main(json_file: Path | None, wait: float) -> None:
    """Time `c = a + b` on float32 arrays: called from Python, and by a native loop."""
    here = environment()
    wait_until_quiet(wait)
    with pinned():
        rows = [_overhead(shape) for shape in SHAPES]
    show(f"a call of a kernel on three float32 arrays (goal: {GOAL_US} µs over it)", rows)
    save(json_file, "call_overhead", here, rows, goal_us=GOAL_US)


def _overhead(shape: tuple[int, ...]) -> Row:
    """Microseconds of a call, of the kernel alone, and of NumPy's add into an array."""
    x, y = te.placeholder(shape, name="X"), te.placeholder(shape, name="Y")
    z = te.compute(shape, lambda *i: x(*i) + y(*i), name="Z")
    schedule = te.create_schedule(z)
    schedule[z].vectorize(z.op.axis[-1])
    kernel = autosched.build(schedule, [x, y, z], threads=1)
    a, b = np.random.default_rng(0).random((2, *shape), dtype=np.float32)
    c = np.empty(shape, np.float32)
    runs: list[Runner] = [
        python_runner(lambda: kernel(a, b, c), process_time_ns),
        python_runner(lambda: None, process_time_ns),
        python_runner(lambda: kernel(a, b), process_time_ns),
        python_runner(lambda: np.add(a, b, out=c), process_time_ns),
        NativeRunner(kernel.address, kernel.pointers(a, b, c), kernel, own_time=True),
    ]
    call, nothing, allocating, numpy, alone = (
        median(times) / 1e3 for times in interleave(runs, rounds=30)
    )
    np.testing.assert_array_equal(c, a + b)
    return {
        "shape": str(shape),
        "call_us": call - nothing,
        "kernel_us": alone,
        "over_us": call - nothing - alone,
        "allocating_us": allocating - nothing,
        "numpy_add_us": numpy - nothing,
    }


if __name__ == "__main__":
    main()
