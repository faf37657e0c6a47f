"""Padding, dilation, and blocks of space in channels."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.image import resize2d, resize3d
from autosched.tvm.topi.tag import INJECTIVE
from autosched.tvm.topi.transform.layout import blocks
from autosched.tvm.topi.transform.shape import concatenate, reshape
from autosched.tvm.topi.utils import get_const_int, normalized


def pad(
    data: Tensor, pad_before: Sequence[Any], pad_after: Sequence[Any] | None = None,
    pad_value: Any = 0.0, name: str = "PadInput", attrs: Any = None,
) -> Tensor:  # fmt: skip
    """`data` with `pad_value` before and after each axis; `data` itself without any."""
    before = [get_const_int(count) for count in pad_before]
    after = before if pad_after is None else [get_const_int(count) for count in pad_after]
    if not any(before) and not any(after):
        return data
    filler = pad_value if isinstance(pad_value, Expr) else te.const(pad_value, data.dtype)
    shape = [
        extent + (low + high) for extent, low, high in zip(data.shape, before, after, strict=True)
    ]

    def element(*i: Expr) -> Expr:
        inside: list[Expr] = []
        for at, low, high, extent in zip(i, before, after, data.shape, strict=True):
            inside += [at >= low] * (low > 0) + [at < extent + low] * (high > 0)
        source = [at - low if low else at for at, low in zip(i, before, strict=True)]
        return te.if_then_else(te.all(*inside), data(*source), filler)

    return te.compute(tuple(shape), element, name=name, tag=INJECTIVE + ",pad")


def mirror_pad(
    data: Tensor, pad_before: Sequence[Any], pad_after: Sequence[Any] | None = None,
    mode: str = "SYMMETRIC", name: str = "MirrorPadInput",
) -> Tensor:  # fmt: skip
    """`data` continued as in a mirror; with "REFLECT" the outermost element is not repeated."""
    before = [get_const_int(count) for count in pad_before]
    after = before if pad_after is None else [get_const_int(count) for count in pad_after]
    edge = {"SYMMETRIC": 1, "REFLECT": 0}[mode]
    shape = [
        extent + (low + high) for extent, low, high in zip(data.shape, before, after, strict=True)
    ]

    def element(*i: Expr) -> Expr:
        source = []
        for at, low, high, extent in zip(i, before, after, data.shape, strict=True):
            place = at - low
            if low:
                place = te.if_then_else(place < 0, -place - edge, place)
            if high:
                mirrored = extent * 2 - 2 + edge - place
                place = te.if_then_else(at - low >= extent, mirrored, place)
            source.append(place)
        return data(*source)

    return te.compute(tuple(shape), element, name=name, tag=INJECTIVE + ",pad")


def dilate(
    data: Tensor, strides: Sequence[Any], dilation_value: float = 0.0, name: str = "DilatedInput"
) -> Tensor:
    """`data` with `strides - 1` elements of `dilation_value` between neighbours of each axis."""
    steps = [get_const_int(step) for step in strides]
    shape = [(extent - 1) * step + 1 for extent, step in zip(data.shape, steps, strict=True)]

    def element(*i: Expr) -> Expr:
        on = [at % step == 0 for at, step in zip(i, steps, strict=True) if step > 1]
        source = [at // step if step > 1 else at for at, step in zip(i, steps, strict=True)]
        if not on:
            return data(*source)
        return te.if_then_else(te.all(*on), data(*source), te.const(dilation_value, data.dtype))

    return te.compute(tuple(shape), element, name=name, tag=INJECTIVE + ",dilate")


def flatten(data: Tensor) -> Tensor:
    """`data` as a matrix: all axes after the first as one."""
    return reshape(data, (data.shape[0], -1))


def depth_to_space(
    data: Tensor, block_size: int, layout: str = "NCHW", mode: str = "DCR"
) -> Tensor:
    """Blocks of channels as blocks of space; with "DCR" the block's axes come before channels."""
    _check_layout(layout, "depth_to_space")
    at, c = layout.index("H"), layout.index("C")
    b = block_size
    shape = list(data.shape)
    shape[c] = shape[c] // (b * b)
    shape[at], shape[at + 1] = shape[at] * b, shape[at + 1] * b
    channels = shape[c]

    def element(*i: Expr) -> Expr:
        source = list(i)
        block = i[at] % b * b + i[at + 1] % b
        source[at], source[at + 1] = i[at] // b, i[at + 1] // b
        source[c] = block * channels + i[c] if mode == "DCR" else i[c] * (b * b) + block
        return data(*source)

    return te.compute(tuple(shape), element, name="depth_to_space", tag=INJECTIVE)


def space_to_depth(data: Tensor, block_size: int, layout: str = "NCHW") -> Tensor:
    """Blocks of space as channels, the block's axes before the channels."""
    _check_layout(layout, "space_to_depth")
    at, c = layout.index("H"), layout.index("C")
    b = block_size
    channels = data.shape[c]
    shape = list(data.shape)
    shape[c] = shape[c] * (b * b)
    shape[at], shape[at + 1] = shape[at] // b, shape[at + 1] // b

    def element(*i: Expr) -> Expr:
        source, block = list(i), i[c] // channels
        source[c] = i[c] % channels
        source[at], source[at + 1] = i[at] * b + block // b, i[at + 1] * b + block % b
        return data(*source)

    return te.compute(tuple(shape), element, name="space_to_depth", tag=INJECTIVE)


def space_to_batch_nd(
    data: Tensor, block_shape: Sequence[int], pad_before: Sequence[int], pad_after: Sequence[int],
    pad_value: float = 0.0,
) -> Tensor:  # fmt: skip
    """The points of each block of the padded axes after the first, as parts of the batch."""
    rank, rest = len(block_shape), data.ndim - 1 - len(block_shape)
    sides = [[0, *counts, *[0] * rest] for counts in (pad_before, pad_after)]
    wide = pad(data, sides[0], sides[1], pad_value)
    batch = data.shape[0]
    space = [extent // b for extent, b in zip(wide.shape[1:], block_shape, strict=False)]

    def element(n: Expr, *i: Expr) -> Expr:
        place: list[Expr] = []
        part = n // batch
        for at, block in zip(reversed(i[:rank]), reversed(block_shape), strict=True):
            place.insert(0, at * block + part % block)
            part = part // block
        return wide(n % batch, *place, *i[rank:])

    shape = (batch * math.prod(block_shape), *space, *wide.shape[1 + rank :])
    return te.compute(shape, element, name="space_to_batch_nd", tag=INJECTIVE)


def batch_to_space_nd(
    data: Tensor, block_shape: Sequence[int], crop_begin_list: Sequence[int],
    crop_end_list: Sequence[int],
) -> Tensor:  # fmt: skip
    """The parts of the batch as points of blocks of the axes after the first, cropped."""
    rank = len(block_shape)
    batch = data.shape[0] // math.prod(block_shape)
    crops = zip(data.shape[1:], block_shape, crop_begin_list, crop_end_list, strict=False)
    space = [extent * block - low - high for extent, block, low, high in crops]

    def element(n: Expr, *i: Expr) -> Expr:
        place: list[Expr] = []
        part: Expr = te.const(0, "int64")
        for at, block, low in zip(i[:rank], block_shape, crop_begin_list, strict=True):
            part = part * block + (at + low) % block
            place.append((at + low) // block)
        return data(part * batch + n, *place, *i[rank:])

    shape = (batch, *space, *data.shape[1 + rank :])
    return te.compute(shape, element, name="batch_to_space_nd", tag=INJECTIVE)


def upsampling(
    data: Tensor, scale_h: float, scale_w: float, layout: str = "NCHW",
    method: str = "nearest_neighbor", align_corners: bool = False, output_shape: Any = None,
) -> Tensor:  # fmt: skip
    """Images enlarged by `scale_h` and `scale_w`, by the nearest or ("bilinear") two elements."""
    at = [letter for letter, _ in blocks(layout)].index("H")
    size = [
        round(get_const_int(data.shape[at + side]) * scale)
        for side, scale in enumerate((scale_h, scale_w))
    ]
    mode = "align_corners" if align_corners else "asymmetric"
    kind = "nearest_neighbor" if method == "nearest_neighbor" else "linear"
    return resize2d(data, (0.0,) * 4, size, layout, kind, mode)


def upsampling3d(
    data: Tensor, scale_d: float, scale_h: float, scale_w: float, layout: str = "NCDHW",
    method: str = "nearest_neighbor", coordinate_transformation_mode: str = "half_pixel",
    output_shape: Any = None,
) -> Tensor:  # fmt: skip
    """Volumes enlarged by the scales, by the nearest or ("trilinear") two elements."""
    size = [
        round(get_const_int(data.shape[layout.index(letter)]) * scale)
        for letter, scale in zip("DHW", (scale_d, scale_h, scale_w), strict=True)
    ]
    kind = "nearest_neighbor" if method == "nearest_neighbor" else "linear"
    return resize3d(data, (0.0,) * 6, size, layout, kind, coordinate_transformation_mode)


def _check_layout(layout: str, operator: str) -> None:
    if layout not in ("NCHW", "NHWC"):
        raise ExpressionError(f"expected the layout NCHW or NHWC for {operator}, got {layout}")


def fifo_buffer(data: Tensor, buffer: Tensor, axis: int) -> Tensor:
    """`buffer` with `data` at its end along `axis`, and as many elements less at its beginning."""
    at = normalized(axis, data.ndim, "fifo_buffer")
    whole, first = concatenate([buffer, data], at), data.shape[at]
    return te.compute(
        buffer.shape, lambda *i: whole(*i[:at], i[at] + first, *i[at + 1 :]), name="fifo_buffer"
    )
