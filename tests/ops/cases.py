"""Runs a workload by the evaluator and by its NumPy reference."""

import json

import numpy as np

from autosched.ops import from_spec, resolve


def check(command, rtol=2e-5, atol=2e-6, seed=0):
    """Compare the two results of the workload `command`, also after serialization to JSON."""
    name, *words = command.split()
    instance = resolve(name, dict(word.split("=") for word in words))
    arrays = instance.make_inputs(seed)
    wanted = instance.numpy_reference(arrays)
    got = instance.reference(arrays)
    for a, b, tensor in zip(got, wanted, instance.outputs, strict=True):
        assert a.dtype == b.dtype == tensor.dtype.numpy
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=rtol, atol=atol)
    again = from_spec(json.loads(json.dumps(instance.spec)))
    assert again.key == instance.key
    return instance


def computed(kernel, instance, inputs):
    """The outputs of a kernel of the workload, on its inputs."""
    shapes = [[int(extent.value) for extent in tensor.shape] for tensor in instance.outputs]
    outputs = [
        np.empty(shape, tensor.dtype.numpy)
        for shape, tensor in zip(shapes, instance.outputs, strict=True)
    ]
    kernel(*inputs, *outputs)
    return outputs
