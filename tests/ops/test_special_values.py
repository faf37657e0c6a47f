"""Compiled operators on values that are not finite, beside NumPy's."""

import numpy as np
import pytest

import autosched
from autosched.ops.resolve import resolve
from tests.ops.cases import computed

SPECIAL = {
    "nan": [np.nan],
    "infinite": [np.inf],
    "negative": [-np.inf],
    "mixed": [np.nan, np.inf, -np.inf, 0.0, -0.0],
    "denormal": [1e-40, -1e-40, 1e-45],
}
ROWS = ("softmax", "logsumexp", "argmax")
ELEMENTS = ("relu", "gelu", "gelu_tanh", "sigmoid", "silu", "mish", "hard_swish", "tanh", "exp")


@pytest.mark.parametrize("name", [*ROWS, *ELEMENTS])
@pytest.mark.filterwarnings("ignore:invalid value encountered", "ignore:overflow encountered")
def test_as_numpy_computes_them(name):
    instance = resolve(name, {"m": 6, "n": 37})
    kernel = autosched.build(list(instance.tensors))
    for values in SPECIAL.values():
        random = np.random.default_rng(2)
        data = random.standard_normal((6, 37)).astype("float32")
        given = np.where(random.random(data.shape) < 0.06, random.choice(values, data.shape), data)
        given = given.astype("float32")
        given[0] = values[0]
        (wanted,) = instance.numpy_reference([given])
        (got,) = computed(kernel, instance, [given])
        np.testing.assert_allclose(got, wanted, rtol=2e-5, atol=2e-6)


@pytest.mark.filterwarnings("ignore:divide by zero encountered")
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("name", ["batch_norm", "group_norm", "instance_norm"])
def test_inputs_of_every_dtype(name, dtype):
    params = {"c": 4, "h": 3, "w": 5, "dtype": dtype}
    instance = resolve(name, {**params, "groups": 2} if name == "group_norm" else params)
    inputs = instance.make_inputs()
    assert [each.dtype for each in inputs] == [each.dtype.numpy for each in instance.inputs]
    assert instance.reference(inputs)[0].shape == (1, 4, 3, 5)
