"""Throughput and error of the vector math functions, beside NumPy and PyTorch.

python -m benchmarks.vector_math --json benchmarks/results/vector_math.json
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import process_time_ns
from typing import Any

import click
import numpy as np

import autosched
from autosched import te
from autosched.measure.timer import interleave, python_runner
from autosched.runtime.kernel import Kernel
from benchmarks.common.machine import environment, pinned, wait_until_quiet
from benchmarks.common.options import json_option, wait_option
from benchmarks.common.report import Row, save, show

SIZE = 8192  # 32 KiB in and as much out: what is timed is arithmetic, not memory
RANGES = {
    "exp": (-80.0, 80.0),
    "exp2": (-120.0, 120.0),
    "log": (1e-6, 1e6),
    "tanh": (-8.0, 8.0),
    "sigmoid": (-30.0, 30.0),
    "erf": (-4.0, 4.0),
    "sin": (-100.0, 100.0),
    "cos": (-100.0, 100.0),
    "sqrt": (0.0, 1e6),
    "rsqrt": (1e-6, 1e6),
}


@click.command()
@json_option
@wait_option
def main(json_file: Path | None, wait: float) -> None:
    """Time every function on float32 values of its range, and compare with float64."""
    here = environment()
    wait_until_quiet(wait)
    with pinned():
        rows = [_row(name, low, high) for name, (low, high) in RANGES.items()]
    show("float32, billions of values a second", rows)
    save(json_file, "vector_math", here, rows)


def _row(name: str, low: float, high: float) -> Row:
    x = np.random.default_rng(0).uniform(low, high, SIZE).astype(np.float32)
    y = np.empty_like(x)
    kernel = _kernel(name)
    runs: dict[str, Callable[[], object]] = {"autosched": lambda: kernel(x, y)}
    if hasattr(np, name):
        runs["numpy"] = lambda: getattr(np, name)(x, out=y)
    if find_spec("torch"):
        runs["torch"] = _in_torch(name, x)
    measured = interleave([python_runner(run, process_time_ns) for run in runs.values()], rounds=15)
    speeds = {who: SIZE / median(t) for who, t in zip(runs, measured, strict=True)}
    kernel(x, y)
    return {"function": name, "ulp": _ulp_error(name, x, y), **speeds}


def _kernel(name: str) -> Kernel:
    x = te.placeholder((SIZE,), name="X")
    y = te.compute((SIZE,), lambda i: getattr(te, name)(x[i]), name="Y")
    schedule = te.create_schedule(y)
    _, inner = schedule[y].split(y.op.axis[0], 64)
    schedule[y].vectorize(inner)
    return autosched.build(schedule, [x, y], threads=1)


def _in_torch(name: str, x: np.ndarray) -> Callable[[], object]:
    torch = import_module("torch")
    torch.set_num_threads(1)
    given, result = torch.from_numpy(x), torch.empty(SIZE)
    function: Any = getattr(torch, name)

    def run() -> object:
        with torch.inference_mode():
            return function(given, out=result)

    return run


def _ulp_error(name: str, x: np.ndarray, y: np.ndarray) -> float:
    """The largest error in units of the last place of the float32 result."""
    want = _exact(name, x.astype(np.float64))
    return float(np.max(np.abs(y - want) / np.spacing(np.abs(want).astype(np.float32))))


def _exact(name: str, x: np.ndarray) -> np.ndarray:
    from scipy.special import erf, expit

    special = {"sigmoid": expit, "erf": erf, "rsqrt": lambda v: 1 / np.sqrt(v)}
    function = special[name] if name in special else getattr(np, name)
    result: np.ndarray = function(x)
    return result


if __name__ == "__main__":
    main()
