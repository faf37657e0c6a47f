"""Products and convolutions of int8 as models that OpenVINO computes in int8.

It does so where a `FakeQuantize` tells the range of what is multiplied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino
from openvino import opset13 as ops

from autosched.backends.cpu.peers import Array
from autosched.backends.cpu.peers.int8 import Finish, finish_of
from autosched.ops.instance import WorkloadInstance
from autosched.te.tensor import PlaceholderOp, Tensor

LEAST, MOST, LEVELS = -128, 127, 256


def int8_model(workload: WorkloadInstance, arrays: Sequence[Array]) -> openvino.Model | None:
    """Return the workload as a model that contains its constants; None if it has no such form."""
    finish = finish_of(workload, arrays)
    if finish is None:
        return None
    inputs: list[Any] = []
    pairs = zip(workload.inputs[:2], arrays, strict=False)
    x, other = (_operand(workload, tensor, array, inputs) for tensor, array in pairs)
    sums = _product(workload, x, other)
    return openvino.Model([_finished(sums, finish)], inputs)


def _operand(workload: WorkloadInstance, tensor: Tensor, array: Array, inputs: list[Any]) -> Any:
    """Return the floats of an operand; one that is no constant is added to the inputs."""
    if isinstance(tensor.op, PlaceholderOp) and tensor.op.constant:
        depthwise = array.ndim == 3
        groups = len(array) if depthwise else workload.params.get("groups", 1)
        return _weights(array[:, None] if depthwise else array, groups)
    made = ops.parameter(list(array.shape), np.int8, name=tensor.name)
    made.output(0).set_names({tensor.name})
    inputs.append(made)
    return _rounded(ops.convert(made, "f32"), 1)


def _weights(array: Array, groups: int) -> Any:
    """Return the floats of weights; groups are a dimension of their own."""
    channels = 2 if groups > 1 else 1
    if groups > 1:
        array = array.reshape(groups, len(array) // groups, *array.shape[1:])
    scale = np.ones((*array.shape[:channels], *[1] * (array.ndim - channels)), np.float32)
    return ops.multiply(ops.convert(ops.constant(array), "f32"), scale)


def _rounded(x: Any, step: int) -> Any:
    """Return x / step, rounded and clipped to int8."""
    low, high, least, most = (np.float32(n) for n in (LEAST * step, MOST * step, LEAST, MOST))
    return ops.fake_quantize(x, low, high, least, most, LEVELS)


def _product(workload: WorkloadInstance, x: Any, other: Any) -> Any:
    params = workload.params
    if "h" not in params:
        by_rows = workload.name != "matmul" or params["transpose_b"]
        return ops.matmul(x, other, params.get("transpose_a", False), by_rows)
    padding, stride, dilation = ([params[name]] * 2 for name in ("padding", "stride", "dilation"))
    grouped = len(other.shape) == 5
    operator = ops.group_convolution if grouped else ops.convolution
    return operator(x, other, stride, padding, padding, dilation)


def _finished(sums: Any, finish: Finish) -> Any:
    if finish.added is None:
        return sums
    added = finish.added.reshape(-1, *[1] * (len(sums.shape) - 2))
    result = _rounded(ops.add(sums, added), finish.step)
    return ops.convert(ops.relu(result) if finish.relu else result, "i8")
