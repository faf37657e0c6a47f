"""Operators that work element by element, in packed layout.

Images are (n / batch, c / block, h, w, batch, block). The ALU computes on 32-bit sums, and
transfers do not widen values. So the GEMM core widens bytes: it multiplies them by an identity
matrix. That takes one cycle for a vector; loading the vector in 32 bits would take four times as
many beats of the bus.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched import te
from autosched.backends.vta.packed.finish import finish, stored
from autosched.backends.vta.packed.form import PackedWorkload, Packer
from autosched.backends.vta.packed.layout import blocks, extents, pack, unpack
from autosched.ir.expr import Expr
from autosched.ops.instance import WorkloadInstance
from autosched.ops.workloads import given
from autosched.te.tensor import Tensor
from autosched.vta.config import VTAConfig

Array = np.ndarray


def add(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `add_int8`: both operands, in turn, are added to the same sums."""
    p = instance.params
    shape = image_shape(instance, config)
    both = te.placeholder((2, *shape), "int8", name="data")
    eye = identity(config)
    t, k = te.reduce_axis((0, 2), name="t"), te.reduce_axis((0, config.block_in), name="k")

    def total(*place: Expr) -> Expr:
        *outer, o = place
        return te.sum(both(t, *outer, k).astype("int32") * eye(o, k).astype("int32"), axis=[t, k])

    sums = te.compute(shape, total, name="add")

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        return [np.stack([packed_image(each, config) for each in arrays]), ones(config)]

    tensors = (both, eye, finish(sums, p["shift"], p["relu"]))
    return PackedWorkload(instance, config, tensors, pack_all, images_back(instance, config))


def multiply(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `multiply_int8`, for accelerators whose ALU has MUL."""
    p = instance.params
    shape = image_shape(instance, config)
    a, b = (te.placeholder(shape, "int8", name=name) for name in ("A", "B"))
    eye = identity(config)
    left, right = widened(a, eye), widened(b, eye)
    made = te.compute(shape, lambda *i: left(*i) * right(*i), name="multiply")
    return _of_images(instance, config, (a, b, eye, finish(made, p["shift"], p["relu"])))


def relu(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `relu_int8`."""
    x, eye = te.placeholder(image_shape(instance, config), "int8", name="data"), identity(config)
    wide = widened(x, eye)
    made = te.compute(x.shape, lambda *i: te.maximum(wide(*i), 0), name="relu")
    return _of_images(instance, config, (x, eye, stored(made)))


def requantize(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `requantize`, whose bias is (c / block, batch, block)."""
    p = instance.params
    shape = image_shape(instance, config)
    x, bias = te.placeholder(shape, "int32", name="data"), None
    if p["bias"]:
        bias = te.placeholder((shape[1], *shape[4:]), "int32", name="bias", constant=True)
    out = finish(x, p["shift"], p["relu"], bias)

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        image, *rest = arrays
        rows = [pack(each, {0: config.block_out})[:, None] for each in rest]
        return [
            packed_image(image, config),
            *(np.repeat(each, config.batch, axis=1) for each in rows),
        ]

    tensors = tuple(given(x, bias, out))
    return PackedWorkload(instance, config, tensors, pack_all, images_back(instance, config))


def widened(x: Tensor, eye: Tensor) -> Tensor:
    """Return the int8 tensor `x`, (..., batch, block), as int32, widened by the GEMM core."""
    k = te.reduce_axis((0, x.shape[-1]), name="k")

    def product(*place: Expr) -> Expr:
        *outer, o = place
        return te.sum(x(*outer, k).astype("int32") * eye(o, k).astype("int32"), axis=k)

    return te.compute(x.shape, product, name=f"{x.name}_int32")


def identity(config: VTAConfig) -> Tensor:
    """Return the placeholder of the identity matrix; `ones` is its value."""
    return te.placeholder((config.block_out, config.block_in), "int8", name="eye", constant=True)


def ones(config: VTAConfig) -> Array:
    """Return the identity matrix as a block of weights."""
    return np.eye(config.block_in, dtype=np.int8)


def image_shape(instance: WorkloadInstance, config: VTAConfig) -> tuple[int, ...]:
    """Return the packed shape of the first input."""
    n, c, h, w = extents(instance.inputs[0])
    outer = (blocks(n, config.batch), blocks(c, config.block_in), h, w)
    return (*outer, config.batch, config.block_in)


def packed_image(x: Array, config: VTAConfig) -> Array:
    return pack(x, {0: config.batch, 1: config.block_in})


def images_back(instance: WorkloadInstance, config: VTAConfig) -> Packer:
    """Return the function that unpacks the output image."""
    shape = extents(instance.outputs[0])

    def unpack_all(arrays: Sequence[Array]) -> list[Array]:
        return [unpack(array, {0: config.batch, 1: config.block_out}, shape) for array in arrays]

    return unpack_all


def _of_images(
    instance: WorkloadInstance, config: VTAConfig, tensors: tuple[Tensor, ...]
) -> PackedWorkload:
    """Return the packed form for inputs that are images; the identity is added as the last."""

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        return [*(packed_image(each, config) for each in arrays), ones(config)]

    return PackedWorkload(instance, config, tensors, pack_all, images_back(instance, config))
