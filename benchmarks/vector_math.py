"""Throughput and error of the vector math functions, beside NumPy, PyTorch and OpenVINO.

python -m benchmarks.vector_math --json benchmarks/results/vector_math.json

Each is called on many values and on few, on one core with its own clock. What the difference takes
is the time of the values alone, in caches: a call of OpenVINO takes longer than thousands of them.
Times are the least of all rounds, since a difference of medians has the noise of both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from time import process_time_ns
from typing import Any

import click
import numpy as np
from scipy import special

import autosched
from autosched import te
from autosched.measure.timer import interleave, python_runner
from autosched.runtime.kernel import Kernel
from benchmarks.common.machine import environment, pinned, wait_until_quiet
from benchmarks.common.options import json_option, wait_option
from benchmarks.common.report import Row, save, show

FEW, MANY = 1 << 12, 1 << 16
"""Values of a call. Many of them take 256 KiB in and as much out, which stay in an L2 cache."""

ROUNDS = 25

Call = Callable[[], object]
Makers = dict[str, Callable[[], Call]]


@dataclass(frozen=True)
class Function:
    """A function of the values of `ranges`, and its names in PyTorch, NumPy and OpenVINO.

    NumPy and OpenVINO do not have all of them. `exact` takes float64, by default NumPy's; there is
    none for a formula that loses digits by itself.
    """

    formula: Callable[..., Any]
    ranges: tuple[tuple[float, float], ...]
    torch: str
    numpy: str = ""
    openvino: str = ""
    exact: Callable[..., Any] | None = None


def _gelu(x: Any) -> Any:
    return x * 0.5 * (te.erf(x * math.sqrt(0.5)) + 1.0)


FUNCTIONS = {
    "exp": Function(te.exp, ((-80.0, 80.0),), "exp", "exp", "exp"),
    "exp2": Function(te.exp2, ((-120.0, 120.0),), "exp2", "exp2"),
    "log": Function(te.log, ((1e-6, 1e6),), "log", "log", "log"),
    "tanh": Function(te.tanh, ((-8.0, 8.0),), "tanh", "tanh", "tanh"),
    "sigmoid": Function(te.sigmoid, ((-30.0, 30.0),), "sigmoid", "", "sigmoid", special.expit),
    "erf": Function(te.erf, ((-4.0, 4.0),), "erf", "", "erf", special.erf),
    "gelu": Function(_gelu, ((-4.0, 4.0),), "_C._nn.gelu", "", "gelu"),
    "pow": Function(te.pow, ((0.1, 10.0), (-3.0, 3.0)), "pow", "power", "power"),
    "sin": Function(te.sin, ((-100.0, 100.0),), "sin", "sin", "sin"),
    "cos": Function(te.cos, ((-100.0, 100.0),), "cos", "cos", "cos"),
    "sqrt": Function(te.sqrt, ((0.0, 1e6),), "sqrt", "sqrt", "sqrt"),
    "rsqrt": Function(te.rsqrt, ((1e-6, 1e6),), "rsqrt", exact=lambda x: 1 / np.sqrt(x)),
}


@click.command()
@json_option
@wait_option
def main(json_file: Path | None, wait: float) -> None:
    """Time every function on float32 values of its range, and compare with float64."""
    here = environment()
    wait_until_quiet(wait)
    with pinned():
        rows = [_row(name, function) for name, function in FUNCTIONS.items()]
    show("float32, billions of values a second; the ratio is to the fastest peer", rows)
    save(json_file, "vector_math", here, rows)


def _row(name: str, function: Function) -> Row:
    random = np.random.default_rng(0)
    inputs = [random.uniform(*each, MANY).astype(np.float32) for each in function.ranges]
    y = np.empty_like(inputs[0])
    calls = [
        dict(_calls(function, [x[:count] for x in inputs], y[:count])) for count in (FEW, MANY)
    ]
    runs = [python_runner(call, process_time_ns) for each in calls for call in each.values()]
    times = [min(each) for each in interleave(runs, ROUNDS)]
    few, many = times[: len(calls[0])], times[len(calls[0]) :]
    speeds = {
        who: (MANY - FEW) / (after - before)
        for who, before, after in zip(calls[0], few, many, strict=True)
    }
    calls[1]["autosched"]()
    best = max((speed for who, speed in speeds.items() if who != "autosched"), default=None)
    ratio = speeds["autosched"] / best if best else None
    return {"function": name, "ulp": _ulp_error(function, inputs, y), **speeds, "ratio": ratio}


def _calls(
    function: Function, inputs: list[np.ndarray], y: np.ndarray
) -> Iterator[tuple[str, Call]]:
    """The calls of a function by those who have it; ours writes `y`."""
    yield "autosched", partial(_kernel(function, len(y)), *inputs, y)
    result = np.empty_like(y)
    if function.numpy:
        yield "numpy", partial(getattr(np, function.numpy), *inputs, out=result)
    if find_spec("torch"):
        yield "torch", _in_torch(function.torch, inputs, result)
    if function.openvino and find_spec("openvino"):
        yield "openvino", _in_openvino(function.openvino, inputs)


def _kernel(function: Function, size: int) -> Kernel:
    inputs = [te.placeholder((size,), name=f"x{n}") for n in range(len(function.ranges))]
    y = te.compute((size,), lambda i: function.formula(*(x[i] for x in inputs)), name="y")
    schedule = te.create_schedule(y)
    _, inner = schedule[y].split(y.op.axis[0], 64)
    schedule[y].vectorize(inner)
    return autosched.build(schedule, [*inputs, y], threads=1)


def _in_torch(name: str, inputs: list[np.ndarray], result: np.ndarray) -> Call:
    torch = import_module("torch")
    torch.set_num_threads(1)
    given, out = [torch.from_numpy(x) for x in inputs], torch.from_numpy(result)
    function: Any = torch
    for part in name.split("."):
        function = getattr(function, part)

    def run() -> object:
        with torch.inference_mode():
            return function(*given, out=out)

    return run


def _in_openvino(name: str, inputs: list[np.ndarray]) -> Call:
    openvino, opset = import_module("openvino"), import_module("openvino.opset13")
    settings = {"INFERENCE_NUM_THREADS": 1, "INFERENCE_PRECISION_HINT": "f32"}
    given = [opset.parameter(list(x.shape), np.float32) for x in inputs]
    more = ["erf"] if name == "gelu" else []
    model = openvino.Model([getattr(opset, name)(*given, *more)], given)
    request = openvino.Core().compile_model(model, "CPU", settings).create_infer_request()
    return partial(request.infer, dict(enumerate(inputs)), share_inputs=True, share_outputs=True)


def _ulp_error(function: Function, inputs: list[np.ndarray], y: np.ndarray) -> float | None:
    """The largest error in units of the last place of the float32 result."""
    exact = function.exact or getattr(np, function.numpy, None)
    if exact is None:
        return None
    want = exact(*(x.astype(np.float64) for x in inputs))
    return float(np.max(np.abs(y - want) / np.spacing(np.abs(want).astype(np.float32))))


if __name__ == "__main__":
    main()
