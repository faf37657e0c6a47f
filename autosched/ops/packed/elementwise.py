"""Operators of the ALU in packed layout, on operands the host has widened to 32 bits.

Every tensor is (n / batch, c / block, h, w, batch, block); the bias of `requantize` is
(c / block, batch, block).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from autosched import te
from autosched.ir.expr import Expr
from autosched.ops.instance import WorkloadInstance
from autosched.ops.packed.conv import extents
from autosched.ops.packed.finish import finish
from autosched.ops.packed.form import PackedWorkload
from autosched.ops.packed.layout import blocks, pack, unpack
from autosched.te.tensor import Tensor
from autosched.vta.config import VTAConfig

Array = np.ndarray


def add(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """The packed form of `add_int8`."""
    return _binary(instance, config, lambda a, b: a + b)


def multiply(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """The packed form of `multiply_int8`, for implementations whose ALU has MUL."""
    return _binary(instance, config, lambda a, b: a * b)


def relu(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """The packed form of `relu_int8`."""
    x = wide(instance, config, "data")
    made = te.compute(x.shape, lambda *i: te.maximum(x(*i), 0), name="relu")
    out = te.compute(x.shape, lambda *i: made(*i).astype("int8"), name="out")
    return in_channels(instance, config, (x, out))


def requantize(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """The packed form of `requantize`."""
    p = instance.params
    x, bias = wide(instance, config, "data"), None
    if p["bias"]:
        shape = (x.shape[1], config.batch, config.block_out)
        bias = te.placeholder(shape, "int32", name="bias", constant=True)
    out = finish(x, p["shift"], p["relu"], bias, skipped=2)
    return in_channels(instance, config, (x, *([bias] if bias is not None else []), out))


def _binary(
    instance: WorkloadInstance, config: VTAConfig, function: Callable[[Expr, Expr], Expr]
) -> PackedWorkload:
    p = instance.params
    a, b = wide(instance, config, "A"), wide(instance, config, "B")
    made = te.compute(a.shape, lambda *i: function(a(*i), b(*i)), name=instance.name)
    return in_channels(instance, config, (a, b, finish(made, p["shift"], p["relu"])))


def wide(
    instance: WorkloadInstance, config: VTAConfig, name: str, image: tuple[int, ...] = ()
) -> Tensor:
    """A placeholder for the first input in 32 bits, with rows and columns of `image` if given."""
    n, c, *own = extents(instance.inputs[0])
    shape = (blocks(n, config.batch), blocks(c, config.block_out), *(image or own))
    return te.placeholder((*shape, config.batch, config.block_out), "int32", name=name)


def in_channels(
    instance: WorkloadInstance, config: VTAConfig, tensors: tuple[Tensor, ...]
) -> PackedWorkload:
    """The form whose images are packed by channels, and biases repeated for the batch."""
    sizes = {0: config.batch, 1: config.block_out}
    shape = extents(instance.outputs[0])

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        return [
            pack(each.astype(np.int32), sizes)
            if each.ndim == 4
            else np.repeat(pack(each, {0: config.block_out})[:, None], config.batch, axis=1)
            for each in arrays
        ]

    def unpack_all(arrays: Sequence[Array]) -> list[Array]:
        return [unpack(array, sizes, shape) for array in arrays]

    return PackedWorkload(instance, config, tensors, pack_all, unpack_all)
