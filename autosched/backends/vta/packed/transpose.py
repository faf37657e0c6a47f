"""Transposed convolution in packed layout, phase by phase (see `autosched.ops.phases`).

A phase is a convolution of stride 1 with as many taps as the greatest has. Taps it lacks are
not multiplied: a condition leaves them out. Where few channels would leave blocks half empty,
the phases are output channels of one convolution instead, with zeros for taps they lack.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from autosched import te
from autosched.backends.vta.packed.conv import Window, biases, convolution, images, weights
from autosched.backends.vta.packed.finish import finish
from autosched.backends.vta.packed.form import PackedWorkload
from autosched.backends.vta.packed.groups import Groups
from autosched.backends.vta.packed.layout import blocks, extents, pack, unpack
from autosched.ir.expr import Expr
from autosched.ops.instance import WorkloadInstance
from autosched.ops.phases import Phases, extended
from autosched.ops.window import shifted
from autosched.ops.workloads import given
from autosched.te.tensor import Tensor
from autosched.vta.config import VTAConfig

Array = np.ndarray


@dataclass(frozen=True, slots=True)
class _Sizes:
    """The sizes of a transposed convolution."""

    config: VTAConfig
    n: int
    ci: int
    co: int
    rows: Phases
    columns: Phases

    @property
    def stride(self) -> int:
        return self.rows.stride

    @property
    def taps(self) -> tuple[int, int]:
        return self.rows.taps, self.columns.taps

    @property
    def window(self) -> Window:
        """The window of every phase."""
        counts = self.rows.count, self.columns.count
        return Window(self.taps, counts, before=(-self.rows.offset, -self.columns.offset))

    @property
    def fills_blocks(self) -> bool:
        """Whether phases apart multiply fewer blocks than phases as channels."""
        apart = blocks(self.co, self.config.block_out) * self.rows.kernel * self.columns.kernel
        merged = blocks(self.co * self.stride**2, self.config.block_out)
        return apart < merged * self.taps[0] * self.taps[1]

    def by_phase(self, weight: Array) -> Array:
        """Convert (ci, co, kh, kw) to (stride, stride, co, ci, row taps, column taps), reversed."""
        s, (rows, columns) = self.stride, self.taps
        whole = np.zeros((self.ci, self.co, rows * s, columns * s), weight.dtype)
        whole[:, :, : self.rows.kernel, : self.columns.kernel] = weight
        split = whole.reshape(self.ci, self.co, rows, s, columns, s)
        return split[:, :, ::-1, :, ::-1].transpose(3, 5, 1, 0, 2, 4)

    def interleaved(self, phases: Array) -> Array:
        """Convert the phases, (n, stride, stride, co, rows, columns), to (n, co, h, w)."""
        s, rows, columns = self.stride, self.rows, self.columns
        shape = (self.n, self.co, rows.count * s, columns.count * s)
        full = phases.transpose(0, 3, 4, 1, 5, 2).reshape(shape)
        top, left = (side.cropped - side.first * s for side in (rows, columns))
        return full[:, :, top : top + rows.output, left : left + columns.output]


def conv2d_transpose(instance: WorkloadInstance, config: VTAConfig) -> PackedWorkload:
    """Return the packed form of `conv2d_transpose_int8`."""
    p = instance.params
    n, ci, h, w = extents(instance.inputs[0])
    co, kh, kw = extents(instance.inputs[1])[1:]
    rows, columns = (
        extended(extent, kernel, p["stride"], p["padding"], p["output_padding"])
        for extent, kernel in ((h, kh), (w, kw))
    )
    sizes = _Sizes(config, n, ci, co, rows, columns)
    return (_apart if sizes.fills_blocks else _as_channels)(instance, sizes)


def _as_channels(instance: WorkloadInstance, z: _Sizes) -> PackedWorkload:
    p = instance.params
    groups = Groups.of(z.config, 1, z.ci, z.co * z.stride**2)
    data, weight = images(groups, z.n, z.rows.extent, z.columns.extent), weights(groups, z.taps)
    bias = biases(groups) if p["bias"] else None
    sums = convolution(data, weight, z.window, groups)
    out = finish(sums, p["shift"], p["relu"], bias)

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        x, filters, *rest = arrays
        return [
            groups.pack_images(x),
            groups.pack_weights(z.by_phase(filters).reshape(-1, z.ci, *z.taps)),
            *(groups.pack_bias(np.tile(each, z.stride**2)) for each in rest),
        ]

    def unpack_all(arrays: Sequence[Array]) -> list[Array]:
        shape = (z.n, z.stride, z.stride, z.co, z.rows.count, z.columns.count)
        return [z.interleaved(groups.unpack_images(each, z.n).reshape(shape)) for each in arrays]

    tensors = tuple(given(data, weight, bias, out))
    return PackedWorkload(instance, z.config, tensors, pack_all, unpack_all)


def _apart(instance: WorkloadInstance, z: _Sizes) -> PackedWorkload:
    p = instance.params
    groups = Groups.of(z.config, 1, z.ci, z.co)
    data = images(groups, z.n, z.rows.extent, z.columns.extent)
    block = (z.config.block_out, z.config.block_in)
    shape = (z.stride, z.stride, groups.blocks_out, groups.blocks_in, *z.taps, *block)
    weight = te.placeholder(shape, "int8", name="weight", constant=True)
    bias = biases(groups) if p["bias"] else None
    out = finish(_sums(data, weight, z), p["shift"], p["relu"], bias, dims=(3,))

    def pack_all(arrays: Sequence[Array]) -> list[Array]:
        x, filters, *rest = arrays
        return [
            groups.pack_images(x),
            pack(z.by_phase(filters), {2: z.config.block_out, 3: z.config.block_in}),
            *(groups.pack_bias(each) for each in rest),
        ]

    def unpack_all(arrays: Sequence[Array]) -> list[Array]:
        shape = (z.n, z.stride, z.stride, z.co, z.rows.count, z.columns.count)
        sizes = {0: z.config.batch, 3: z.config.block_out}
        return [z.interleaved(unpack(each, sizes, shape)) for each in arrays]

    tensors = tuple(given(data, weight, bias, out))
    return PackedWorkload(instance, z.config, tensors, pack_all, unpack_all)


def _sums(data: Tensor, weight: Tensor, z: _Sizes) -> Tensor:
    """Return sums of (n / batch, stride, stride, co / block, rows, columns, batch, block)."""
    image = shifted(data, z.window.before, z.window.needed, te.const(0, "int8"))
    axes = (data.shape[1], *z.taps, z.config.block_in)
    rc, ry, rx, k = (
        te.reduce_axis((0, extent), name=name)
        for name, extent in zip(("rc", "ry", "rx", "k"), axes, strict=True)
    )

    def product(n: Expr, r: Expr, s: Expr, co: Expr, y: Expr, x: Expr, b: Expr, o: Expr) -> Expr:
        inside = [
            phase + (side.taps - 1 - tap) * side.stride < side.kernel
            for phase, tap, side in ((r, ry, z.rows), (s, rx, z.columns))
            if side.kernel < side.taps * side.stride
        ]
        value = image(n, rc, y + ry, x + rx, b, k)
        if inside:
            value = te.if_then_else(te.all(*inside), value, te.const(0, "int8"))
        factor = weight(r, s, co, rc, ry, rx, o, k)
        return te.sum(value.astype("int32") * factor.astype("int32"), axis=[rc, ry, rx, k])

    counts = z.rows.count, z.columns.count
    shape = (data.shape[0], z.stride, z.stride, weight.shape[2], *counts)
    return te.compute((*shape, z.config.batch, z.config.block_out), product, name="phases")
