"""Transposed convolution in packed layout: its phases are output channels of a convolution.

The result of a stride of 2 is the convolution, of stride 1, to four times the channels, laid
out two by two over the image afterwards. Kernels whose extent the stride does not divide have
zeros in the phases with fewer taps.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.ops.instance import WorkloadInstance
from autosched.ops.packed.conv import (
    Window,
    biases,
    convolution,
    extents,
    images,
    weights,
)
from autosched.ops.packed.finish import finish
from autosched.ops.packed.form import PackedWorkload
from autosched.ops.packed.groups import Groups
from autosched.ops.phases import Phases
from autosched.vta.config import VTAConfig

Array = np.ndarray


def conv2d_transpose(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """The packed form of `conv2d_transpose_int8`."""
    p = instance.params
    n, ci, h, w = extents(instance.inputs[0])
    co, kh, kw = extents(instance.inputs[1])[1:]
    stride = p["stride"]
    rows, columns = (
        Phases(extent, kernel, stride, p["padding"], p["output_padding"])
        for extent, kernel in ((h, kh), (w, kw))
    )
    groups = Groups.of(config, 1, ci, co * stride * stride)
    window = Window(
        (rows.taps, columns.taps),
        (rows.count, columns.count),
        before=(-rows.offset, -columns.offset),
    )
    data, weight = images(groups, n, h, w), weights(groups, window.kernel)
    bias = biases(groups) if p["bias"] else None
    out = finish(convolution(data, weight, window, groups), p["shift"], p["relu"], bias, skipped=2)

    def pack(arrays: Sequence[Array]) -> list[Array]:
        x, filters, *rest = arrays
        return [
            groups.pack_images(x),
            groups.pack_weights(_by_phase(filters, rows, columns)),
            *(groups.pack_bias(np.repeat(each, stride * stride)) for each in rest),
        ]

    def unpack(arrays: Sequence[Array]) -> list[Array]:
        (result,) = (groups.unpack_images(array, n) for array in arrays)
        split = result.reshape(n, co, stride, stride, rows.count, columns.count)
        full = split.transpose(0, 1, 4, 2, 5, 3).reshape(
            n, co, rows.count * stride, columns.count * stride
        )
        top, left = p["padding"] - rows.first * stride, p["padding"] - columns.first * stride
        return [full[:, :, top : top + rows.output, left : left + columns.output]]

    tensors = (data, weight, *([bias] if bias is not None else []), out)
    return PackedWorkload(instance, config, tensors, pack, unpack)


def _by_phase(weight: Array, rows: Phases, columns: Phases) -> Array:
    """(ci, co, kh, kw) to (co * stride * stride, ci, row taps, column taps), taps reversed."""
    ci, co, kh, kw = weight.shape
    s = rows.stride
    whole = np.zeros((ci, co, rows.taps * s, columns.taps * s), weight.dtype)
    whole[:, :, :kh, :kw] = weight
    split = whole.reshape(ci, co, rows.taps, s, columns.taps, s)[:, :, ::-1, :, ::-1]
    return split.transpose(1, 3, 5, 0, 2, 4).reshape(co * s * s, ci, rows.taps, columns.taps)
