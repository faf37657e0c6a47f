"""Convolutions in packed layout, whatever their groups, and averages as one of them.

data     (n / batch, ci / block, h, w, batch, block)
weight   (co / block, ci / block, kh, kw, block, block)
bias     (co / block, batch, block)
out      (n / batch, co / block, h, w, batch, block)

With groups that fill whole blocks the weights have the merged groups as a dimension of their
own in front, and data and out beside the batches, unless each of them is one block.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np

from autosched import te
from autosched.backends.vta.packed.finish import finish, stored
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.packed.groups import Groups
from autosched.backends.vta.packed.layout import blocks, extents
from autosched.ir.expr import Expr
from autosched.ops.instance import WorkloadInstance
from autosched.ops.pool2d_int8 import reciprocal, scaled
from autosched.ops.window import shifted
from autosched.ops.workloads import given
from autosched.te.tensor import Tensor
from autosched.vta.config import VTAConfig

Array = np.ndarray
Two = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """A window over rows and columns. `before` is the padding in front."""

    kernel: Two
    output: Two
    stride: Two = (1, 1)
    dilation: Two = (1, 1)
    before: Two = (0, 0)

    @property
    def needed(self) -> Two:
        """The rows and columns that are read, including padding."""
        rows, columns = (
            (o - 1) * s + (k - 1) * d + 1
            for o, s, k, d in zip(self.output, self.stride, self.kernel, self.dilation, strict=True)
        )
        return rows, columns


def conv2d(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `conv2d_int8`."""
    return _grouped(instance, config, instance.params["groups"])


def depthwise_conv2d(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `depthwise_conv2d_int8`: diagonal weight blocks on the GEMM core.

    No implementation's ALU multiplies two tensors but the simulators' and OpenCL's.
    """
    return _grouped(instance, config, extents(instance.inputs[0])[1])


def _grouped(instance: WorkloadInstance, config: VTAConfig, count: int) -> PackedWorkload:
    p = instance.params
    n, ci, h, w = extents(instance.inputs[0])
    co, *_, kh, kw = extents(instance.inputs[1])
    groups = Groups.of(config, count, ci // count, co // count)
    stride, pad, dilation = p["stride"], p["padding"], p["dilation"]
    window = Window(
        (kh, kw), sides(instance.outputs[0]), (stride,) * 2, (dilation,) * 2, (pad,) * 2
    )
    data = images(groups, n, h, w)
    weight = weights(groups, (kh, kw))
    bias = biases(groups) if p["bias"] else None
    out = finish(convolution(data, weight, window, groups), p["shift"], p["relu"], bias)

    def pack(arrays: Sequence[Array]) -> list[Array]:
        x, filters, *rest = arrays
        filters = filters.reshape(co, ci // count, kh, kw)
        return [
            groups.pack_images(x),
            groups.pack_weights(filters),
            *(groups.pack_bias(each) for each in rest),
        ]

    tensors = tuple(given(data, weight, bias, out))
    return PackedWorkload(instance, config, tensors, pack, partial(unpack_images, groups, n))


def avg_pool2d(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `avg_pool2d_int8`: every tap times one diagonal weight block."""
    p = instance.params
    n, c, h, w = extents(instance.inputs[0])
    multiplier, shift = reciprocal(p["k"] ** 2)
    groups = Groups.of(config, c, 1, 1)
    window = Window(
        (p["k"],) * 2, sides(instance.outputs[0]), (p["stride"],) * 2, before=(p["padding"],) * 2
    )
    data = images(groups, n, h, w)
    diagonal = (config.block_out, config.block_in)
    weight = te.placeholder(diagonal, "int8", name="weight", constant=True)
    sums = convolution(data, weight, window, groups)
    means = te.compute(sums.shape, lambda *i: scaled(sums(*i), shift), name="requantized")

    def pack(arrays: Sequence[Array]) -> list[Array]:
        return [
            groups.pack_images(arrays[0]),
            np.eye(config.block_in, dtype=np.int8) * np.int8(multiplier),
        ]

    return PackedWorkload(
        instance, config, (data, weight, stored(means)), pack, partial(unpack_images, groups, n)
    )


def convolution(data: Tensor, weight: Tensor, window: Window, groups: Groups) -> Tensor:
    """Return the sums of products; a `weight` of two dimensions is the block of every tap."""
    rank = data.ndim
    image = shifted(data, window.before, window.needed, te.const(0, "int8"), (rank - 4, rank - 3))
    (sy, sx), (dy, dx) = window.stride, window.dilation
    several = len(groups.lead)
    rc = te.reduce_axis((0, groups.blocks_in), name="rc")
    ry = te.reduce_axis((0, window.kernel[0]), name="ry")
    rx = te.reduce_axis((0, window.kernel[1]), name="rx")
    k = te.reduce_axis((0, groups.config.block_in), name="k")
    alone = len(groups.shape_in) == several

    def product(n: Expr, *place: Expr) -> Expr:
        *channels, y, x, b, o = place
        part, block = channels[:several], channels[several:] or [te.const(0, "int64")]
        source = image(n, *part, *([] if alone else [rc]), y * sy + ry * dy, x * sx + rx * dx, b, k)
        tap = [] if weight.ndim == 2 else [*part, *block, 0 if alone else rc, ry, rx]
        factor = weight(*tap, o, k)
        axes = [ry, rx, k] if alone else [rc, ry, rx, k]
        return te.sum(source.astype("int32") * factor.astype("int32"), axis=axes)

    shape = (data.shape[0], *groups.shape_out, *window.output)
    block = (groups.config.batch, groups.config.block_out)
    return te.compute((*shape, *block), product, name="conv")


def images(groups: Groups, n: int, h: int, w: int) -> Tensor:
    config = groups.config
    shape = (blocks(n, config.batch), *groups.shape_in, h, w, config.batch, config.block_in)
    return te.placeholder(shape, "int8", name="data")


def weights(groups: Groups, kernel: Two) -> Tensor:
    config = groups.config
    shape = (*groups.lead, groups.blocks_out, groups.blocks_in, *kernel)
    block = (config.block_out, config.block_in)
    return te.placeholder((*shape, *block), "int8", name="weight", constant=True)


def biases(groups: Groups) -> Tensor:
    shape = (*groups.shape_out, groups.config.batch, groups.config.block_out)
    return te.placeholder(shape, "int32", name="bias", constant=True)


def unpack_images(groups: Groups, batches: int, arrays: Sequence[Array]) -> list[Array]:
    return [groups.unpack_images(array, batches) for array in arrays]


def sides(image: Tensor) -> Two:
    """Return the rows and columns of a user's image."""
    _, _, h, w = extents(image)
    return h, w
