"""Throughput and error of the vector math functions, beside NumPy, PyTorch and OpenVINO.

python -m benchmarks.vector_math --json benchmarks/results/vector_math.json

Each is called on many values and on few, on one core with its own clock. Both stay in an L2 cache
and out of L1, so that what the difference takes is the time of the values alone: a call of OpenVINO
takes longer than thousands of them. Times are the least of all rounds, since a difference of
medians has the noise of both.
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

FEW, MANY = 1 << 17, 3 << 18
"""The bytes of a call's arrays."""

ROUNDS = 25
COLUMNS = ("function", "dtype", "ulp", "autosched", "numpy", "torch", "openvino", "ratio")

Call = Callable[[], object]


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
    "log2": Function(te.log2, ((1e-6, 1e6),), "log2", "log2"),
    "log10": Function(te.log10, ((1e-6, 1e6),), "log10", "log10"),
    "log1p": Function(te.log1p, ((-0.9, 10.0),), "log1p", "log1p"),
    "tanh": Function(te.tanh, ((-8.0, 8.0),), "tanh", "tanh", "tanh"),
    "sigmoid": Function(te.sigmoid, ((-30.0, 30.0),), "sigmoid", "", "sigmoid", special.expit),
    "erf": Function(te.erf, ((-4.0, 4.0),), "erf", "", "erf", special.erf),
    "gelu": Function(_gelu, ((-4.0, 4.0),), "_C._nn.gelu", "", "gelu"),
    "pow": Function(te.pow, ((0.1, 10.0), (-3.0, 3.0)), "pow", "power", "power"),
    "sin": Function(te.sin, ((-100.0, 100.0),), "sin", "sin", "sin"),
    "cos": Function(te.cos, ((-100.0, 100.0),), "cos", "cos", "cos"),
    "tan": Function(te.tan, ((-100.0, 100.0),), "tan", "tan", "tan"),
    "asin": Function(te.asin, ((-1.0, 1.0),), "asin", "arcsin", "asin"),
    "acos": Function(te.acos, ((-1.0, 1.0),), "acos", "arccos", "acos"),
    "atan": Function(te.atan, ((-10.0, 10.0),), "atan", "arctan", "atan"),
    "atan2": Function(te.atan2, ((-10.0, 10.0), (-10.0, 10.0)), "atan2", "arctan2"),
    "sinh": Function(te.sinh, ((-20.0, 20.0),), "sinh", "sinh", "sinh"),
    "cosh": Function(te.cosh, ((-20.0, 20.0),), "cosh", "cosh", "cosh"),
    "asinh": Function(te.asinh, ((-20.0, 20.0),), "asinh", "arcsinh", "asinh"),
    "acosh": Function(te.acosh, ((1.0, 20.0),), "acosh", "arccosh", "acosh"),
    "atanh": Function(te.atanh, ((-1.0, 1.0),), "atanh", "arctanh", "atanh"),
    "sqrt": Function(te.sqrt, ((0.0, 1e6),), "sqrt", "sqrt", "sqrt"),
    "rsqrt": Function(te.rsqrt, ((1e-6, 1e6),), "rsqrt", exact=lambda x: 1 / np.sqrt(x)),
    "floor": Function(te.floor, ((-1e6, 1e6),), "floor", "floor", "floor"),
    "round": Function(te.round, ((-1e6, 1e6),), "round", "rint", "round"),
    "fmod": Function(te.fmod, ((-100.0, 100.0), (0.5, 10.0)), "fmod", "fmod"),
    "hypot": Function(te.hypot, ((-10.0, 10.0), (-10.0, 10.0)), "hypot", "hypot"),
}


@click.command()
@click.option("--names", help="The functions, with commas between them; by default all.")
@json_option
@wait_option
def main(names: str | None, json_file: Path | None, wait: float) -> None:
    """Time functions on values of their range, and compare them with wider floats."""
    here = environment()
    wait_until_quiet(wait)
    chosen = names.split(",") if names else list(FUNCTIONS)
    rows = []
    with pinned():
        for dtype in (np.float32, np.float64):
            rows += [_row(name, FUNCTIONS[name], np.dtype(dtype)) for name in chosen]
    show("billions of values a second; the ratio is to the fastest peer", rows, COLUMNS)
    save(json_file, "vector_math", here, rows)


def _row(name: str, function: Function, dtype: np.dtype[Any]) -> Row:
    random = np.random.default_rng(0)
    arrays = len(function.ranges) + 1
    sizes = [size // (arrays * dtype.itemsize) // 64 * 64 for size in (FEW, MANY)]
    inputs = [random.uniform(*each, sizes[-1]).astype(dtype) for each in function.ranges]
    y = np.empty_like(inputs[0])
    few, many = (dict(_calls(function, [x[:n] for x in inputs], y[:n])) for n in sizes)
    runs = [python_runner(call, process_time_ns) for call in (*few.values(), *many.values())]
    times = [min(each) for each in interleave(runs, ROUNDS)]
    speeds = {
        who: (sizes[1] - sizes[0]) / (after - before)
        for who, before, after in zip(few, times, times[len(few) :], strict=False)
    }
    many["autosched"]()
    ratio = speeds["autosched"] / max(speeds[who] for who in speeds if who != "autosched")
    error = _ulp_error(function, inputs, y)
    return {"function": name, "dtype": dtype.name, "ulp": error, **speeds, "ratio": ratio}


def _calls(
    function: Function, inputs: list[np.ndarray], y: np.ndarray
) -> Iterator[tuple[str, Call]]:
    """The calls of a function by those who have it; ours writes `y`."""
    yield "autosched", partial(_kernel(function, y), *inputs, y)
    result = np.empty_like(y)
    if function.numpy:
        yield "numpy", partial(getattr(np, function.numpy), *inputs, out=result)
    if find_spec("torch"):
        yield "torch", _in_torch(function.torch, inputs, result)
    if function.openvino and y.dtype == np.float32 and find_spec("openvino"):
        yield "openvino", _in_openvino(function.openvino, inputs)


def _kernel(function: Function, like: np.ndarray) -> Kernel:
    (size,), dtype = like.shape, like.dtype.name
    inputs = [te.placeholder((size,), dtype, name=f"x{n}") for n in range(len(function.ranges))]
    y = te.compute((size,), lambda i: function.formula(*(x[i] for x in inputs)), name="y")
    schedule = te.create_schedule(y)
    _, inner = schedule[y].split(y.op.axis[0], 256 // like.itemsize)
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
    """The largest error in units of the last place of the result."""
    exact = function.exact or getattr(np, function.numpy, None)
    if exact is None:
        return None
    wide = np.float64 if y.dtype == np.float32 else np.longdouble
    if exact is special.erf and wide is np.longdouble:
        return None
    want = exact(*(x.astype(wide) for x in inputs))
    return float(np.max(np.abs(y - want) / np.spacing(np.abs(want).astype(y.dtype))))


if __name__ == "__main__":
    main()
