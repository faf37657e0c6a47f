"""Builds a schedule as a TVM script would, runs it, and compares with NumPy."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import autosched.tvm as tvm

RNG = np.random.default_rng(3)


def values(shape: Sequence[int], dtype: str = "float32") -> np.ndarray:
    if dtype.startswith(("int", "uint")):
        return RNG.integers(0 if dtype[0] == "u" else -9, 10, shape).astype(dtype)
    return RNG.uniform(-2, 2, shape).astype(dtype)


def run(schedule: Any, args: Sequence[Any], inputs: Sequence[np.ndarray], *outputs: Any) -> list:
    """Return outputs of these shapes and dtypes: `(shape, dtype)` or a shape of float32."""
    dev = tvm.cpu(0)
    module = tvm.build(schedule, args, "llvm", name="kernel")
    given = [tvm.nd.array(array, dev) for array in inputs]
    made = [
        tvm.nd.empty(*(out if len(out) == 2 and isinstance(out[1], str) else (out,)))
        for out in outputs
    ]
    module["kernel"](*given, *made)
    return [each.numpy() for each in made]


def check(
    schedule: Any,
    args: Sequence[Any],
    inputs: Sequence[np.ndarray],
    wanted: np.ndarray | Sequence[np.ndarray],
    rtol: float = 1e-5,
) -> None:
    """Check that the compiled schedule computes `wanted`."""
    expected = [wanted] if isinstance(wanted, np.ndarray) else list(wanted)
    got = run(schedule, args, inputs, *((e.shape, str(e.dtype)) for e in expected))
    for mine, right in zip(got, expected, strict=True):
        tvm.testing.assert_allclose(mine, right, rtol=rtol, atol=1e-5)


Scheduler = Callable[..., None]
