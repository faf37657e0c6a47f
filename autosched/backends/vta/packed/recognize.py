"""Expressions that are a workload with a packed form, such as a node of a network is."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

from autosched.ir.expr import Const
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve
from autosched.te.tensor import ComputeOp, Tensor

LARGEST_WINDOW = 8
"""Of a pooling that is looked for."""


def recognized(instance: WorkloadInstance) -> WorkloadInstance | None:
    """Return the workload of int8 images that has the structure of an expression, or None."""
    for name, params in _candidates(instance):
        made = resolve(name, params)
        if made.key == instance.key:
            return made
    return None


def _candidates(instance: WorkloadInstance) -> Iterator[tuple[str, dict[str, Any]]]:
    """The workloads that an expression of one image may be, with their parameters."""
    if len(instance.inputs) != 1 or len(instance.outputs) != 1:
        return
    (x,), (y,) = instance.inputs, instance.outputs
    if x.dtype != "int8" or y.dtype != "int8" or x.ndim != 4 or not isinstance(y.op, ComputeOp):
        return
    shape = _shape(x)
    image = dict(zip("nchw", shape, strict=True))
    if _shape(y) == shape and not y.op.reduce_axis:
        yield "relu_int8", image
    windows = [axis.extent for axis in y.op.reduce_axis]
    if len(windows) == 2 and isinstance(windows[0], Const):
        k = int(windows[0].value)
        if 1 <= k <= LARGEST_WINDOW:
            for stride, padding in product(range(1, k + 1), range(k // 2 + 1)):
                yield "max_pool2d_int8", {**image, "k": k, "stride": stride, "padding": padding}


def _shape(tensor: Tensor) -> list[int]:
    return [int(extent.value) for extent in tensor.shape if isinstance(extent, Const)]
