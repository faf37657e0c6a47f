"""Compares an operator of topi, run by the evaluator, with a function of NumPy."""

import numpy as np

from autosched import te
from autosched.te.evaluate import evaluate
from autosched.tvm.topi.generic import default_schedule
from tests.tvm import running


def tensors(*shapes, dtype="float32", low=-1.0, high=1.0):
    """Return a placeholder and an array for each shape; integers are from -8 to 7."""
    made = []
    for number, shape in enumerate(shapes):
        random = np.random.default_rng(number + 1)
        if np.dtype(dtype).kind in "iu":
            array = random.integers(-8 if dtype[0] == "i" else 0, 8, shape)
        else:
            array = random.uniform(low, high, shape)
        made.append((te.placeholder(shape, dtype, name=f"x{number}"), array.astype(dtype)))
    return made


def check(result, inputs, wanted, rtol=1e-5, atol=1e-5):
    """Compare the tensors `result` on the arrays of `inputs` with the arrays `wanted`."""
    results = result if isinstance(result, (list, tuple)) else [result]
    arrays = wanted if isinstance(wanted, (list, tuple)) else [wanted]
    found = evaluate(list(results), dict(inputs))
    for tensor, got, want in zip(results, found, arrays, strict=True):
        assert got.shape == np.shape(want), tensor
        np.testing.assert_allclose(got, want, rtol=rtol, atol=atol)


def built(results, given, wanted, rtol=1e-5):
    """Compare the kernel of `results` on the pairs that `tensors` gives with `wanted`."""
    several = results if isinstance(results, list) else [results]
    arrays = wanted if isinstance(wanted, list) else [wanted]
    args = [*(tensor for tensor, _ in given), *several]
    inputs = [array for _, array in given]
    running.check(default_schedule(several), args, inputs, arrays, rtol)
