"""Convolutions in any layout."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.errors import ExpressionError, not_offered
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.space import pad
from autosched.tvm.topi.nn.windows import each, paddings
from autosched.tvm.topi.transform.layout import blocks, inner_size, layout_transform
from autosched.tvm.topi.transform.shape import reshape
from autosched.tvm.topi.utils import get_const_int

Dtype = DType | str | None


def conv(
    inp: Tensor, filt: Tensor, stride: Any, padding: Any, dilation: Any, groups: int,
    data_layout: str, kernel_layout: str = "", out_dtype: Dtype = None, name: str = "conv",
) -> Tensor:  # fmt: skip
    """The convolution of `inp` in `data_layout`, such as NCHW or NWC, with `filt`.

    `kernel_layout` has O for the filters, I for the channels of a group and the letters of
    space; by default O and I first where the channels are, otherwise last.
    """
    letters = [letter for letter in data_layout if letter not in "NC"]
    if not kernel_layout:
        space = "".join(letters)
        kernel_layout = f"OI{space}" if data_layout.index("C") == 1 else f"{space}IO"
    if sorted(kernel_layout) != sorted(["O", "I", *letters]) or inp.ndim != len(data_layout):
        raise ExpressionError(
            f"expected layouts of conv that fit, got {data_layout} and {kernel_layout} for "
            f"{inp.ndim} and {filt.ndim} axes"
        )
    rank = len(letters)
    at = {letter: data_layout.index(letter) for letter in data_layout}
    of = {letter: kernel_layout.index(letter) for letter in kernel_layout}
    kernel = tuple(get_const_int(filt.shape[of[letter]]) for letter in letters)
    strides, dilations = each(stride, rank, "stride"), each(dilation, rank, "dilation")
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True))
    extents = tuple(get_const_int(inp.shape[at[letter]]) for letter in letters)
    before, after = paddings(padding, spans)
    sides = [_spread(counts, letters, data_layout) for counts in (before, after)]
    image = pad(inp, sides[0], sides[1], name="pad_temp")
    wide = inp.dtype if out_dtype is None else as_dtype(out_dtype)
    members = filt.shape[of["I"]]
    channels = get_const_int(inp.shape[at["C"]])
    if get_const_int(members) * groups != channels:
        raise ExpressionError(
            f"expected filters of {channels // groups} channels for conv, got {members}"
        )
    per_group = get_const_int(filt.shape[of["O"]]) // groups
    rc = te.reduce_axis((0, members), name="rc")
    inner = {
        letter: te.reduce_axis((0, k), name=f"r{letter.lower()}")
        for letter, k in zip(letters, kernel, strict=True)
    }

    def product(*place: Expr) -> Expr:
        co = place[at["C"]]
        index = list(place)
        index[at["C"]] = co // per_group * members + rc if groups > 1 else rc
        for letter, step, by in zip(letters, strides, dilations, strict=True):
            index[at[letter]] = place[at[letter]] * step + inner[letter] * by
        weight: dict[str, Expr] = {"O": co, "I": rc, **inner}
        factor = filt(*(weight[letter] for letter in kernel_layout))
        return te.sum(image(*index).astype(wide) * factor.astype(wide), axis=[rc, *inner.values()])

    shape = list(inp.shape)
    shape[at["C"]] = filt.shape[of["O"]]
    for n, letter in enumerate(letters):
        padded = extents[n] + before[n] + after[n]
        shape[at[letter]] = te.const((padded - spans[n]) // strides[n] + 1, "int64")
    return te.compute(
        tuple(shape), product, name=name, varargs_names=[each_.lower() for each_ in data_layout]
    )


def _spread(counts: tuple[int, ...], letters: list[str], layout: str) -> list[int]:
    """Return a count for each axis of the layout, 0 for those that are not space."""
    known = dict(zip(letters, counts, strict=True))
    return [known.get(letter, 0) for letter in layout]


def conv1d(
    data: Tensor, kernel: Tensor, strides: Any = 1, padding: Any = "VALID", dilation: Any = 1,
    groups: int = 1, data_layout: str = "NCW", kernel_layout: str = "", out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution along one axis, NCW or NWC."""
    return conv(
        data, kernel, strides, padding, dilation, groups, data_layout, kernel_layout, out_dtype,
        "conv1d",
    )  # fmt: skip


def conv1d_ncw(
    data: Tensor, kernel: Tensor, strides: Any = 1, padding: Any = "VALID", dilation: Any = 1,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of (n, c, w) with (co, c, k)."""
    return conv1d(data, kernel, strides, padding, dilation, 1, "NCW", "", out_dtype)


def conv1d_nwc(
    data: Tensor, kernel: Tensor, strides: Any = 1, padding: Any = "VALID", dilation: Any = 1,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of (n, w, c) with (k, c, co)."""
    return conv1d(data, kernel, strides, padding, dilation, 1, "NWC", "", out_dtype)


def group_conv1d_ncw(
    data: Tensor, kernel: Tensor, strides: Any = 1, padding: Any = "VALID", dilation: Any = 1,
    groups: int = 1, out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A grouped convolution of (n, c, w) with (co, c / groups, k)."""
    return conv1d(data, kernel, strides, padding, dilation, groups, "NCW", "", out_dtype)


def group_conv1d_nwc(
    data: Tensor, kernel: Tensor, strides: Any = 1, padding: Any = "VALID", dilation: Any = 1,
    groups: int = 1, out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A grouped convolution of (n, w, c) with (k, c / groups, co)."""
    return conv1d(data, kernel, strides, padding, dilation, groups, "NWC", "", out_dtype)


def conv2d(
    data: Tensor, kernel: Tensor, strides: Any, padding: Any, dilation: Any,
    data_layout: str = "NCHW", kernel_layout: str = "", out_dtype: Dtype = None,
    layout: str | None = None,
) -> Tensor:  # fmt: skip
    """A convolution of images, NCHW, NHWC or HWCN; once `layout` was the name of `data_layout`."""
    data_layout = layout or data_layout
    if not kernel_layout and data_layout == "HWCN":
        kernel_layout = "HWIO"
    return conv(
        data, kernel, strides, padding, dilation, 1, data_layout, kernel_layout, out_dtype,
        f"conv2d_{data_layout.lower()}",
    )  # fmt: skip


def conv2d_nchw(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of (n, c, h, w) with (co, c, kh, kw)."""
    return conv2d(Input, Filter, stride, padding, dilation, "NCHW", "", out_dtype)


def conv2d_nhwc(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any,
    out_dtype: Dtype = "float32", auto_scheduler_rewritten_layout: str = "",
    meta_schedule_original_shape: Any = None,
) -> Tensor:  # fmt: skip
    """A convolution of (n, h, w, c) with (kh, kw, c, co)."""
    return conv2d(Input, Filter, stride, padding, dilation, "NHWC", "", out_dtype)


def conv2d_winograd_nchw(
    data: Tensor, weight: Tensor, strides: Any, padding: Any, dilation: Any, out_dtype: Dtype,
    pre_computed: bool = False,
) -> Tensor:  # fmt: skip
    """The same as `conv2d_nchw`: Winograd's algorithm is up to the schedule."""
    _check_is_not_computed(pre_computed)
    return conv2d_nchw(data, weight, strides, padding, dilation, out_dtype)


def conv2d_winograd_nhwc(
    data: Tensor, weight: Tensor, strides: Any, padding: Any, dilation: Any, out_dtype: Dtype,
    pre_computed: bool = False, auto_scheduler_rewritten_layout: str = "",
    meta_schedule_original_shape: Any = None,
) -> Tensor:  # fmt: skip
    """The same as `conv2d_nhwc`: Winograd's algorithm is up to the schedule."""
    _check_is_not_computed(pre_computed)
    return conv2d_nhwc(data, weight, strides, padding, dilation, out_dtype)


def _check_is_not_computed(pre_computed: bool) -> None:
    if pre_computed:
        raise not_offered("conv2d_winograd with transformed weights", "pass the weights themselves")


def conv2d_hwcn(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of (h, w, c, n) with (kh, kw, c, co)."""
    return conv2d(Input, Filter, stride, padding, dilation, "HWCN", "", out_dtype)


def group_conv2d_nchw(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any, groups: int,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A grouped convolution of (n, c, h, w) with (co, c / groups, kh, kw)."""
    return conv(
        Input, Filter, stride, padding, dilation, groups, "NCHW", "", out_dtype,
        "group_conv2d_nchw",
    )  # fmt: skip


def group_conv2d_nhwc(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any, groups: int,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A grouped convolution of (n, h, w, c) with (kh, kw, c / groups, co)."""
    return conv(
        Input, Filter, stride, padding, dilation, groups, "NHWC", "", out_dtype,
        "group_conv2d_nhwc",
    )  # fmt: skip


def conv3d_ncdhw(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any, groups: int = 1,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of (n, c, d, h, w) with (co, c / groups, kd, kh, kw)."""
    return conv(
        Input, Filter, stride, padding, dilation, groups, "NCDHW", "", out_dtype, "conv3d_ncdhw"
    )


def conv3d_ndhwc(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any, groups: int = 1,
    out_dtype: Dtype = "float32", auto_scheduler_rewritten_layout: str = "",
    meta_schedule_origin_shape: Any = None,
) -> Tensor:  # fmt: skip
    """A convolution of (n, d, h, w, c) with (kd, kh, kw, c / groups, co)."""
    return conv(
        Input, Filter, stride, padding, dilation, groups, "NDHWC", "", out_dtype, "conv3d_ndhwc"
    )


def depthwise_conv2d_nchw(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any,
    out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of each channel of (n, c, h, w) with (c, multiplier, kh, kw)."""
    return _depthwise(Input, Filter, stride, padding, dilation, out_dtype, "NCHW")


def depthwise_conv2d_nhwc(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any,
    kernel_layout: str = "HWOI", out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of each channel of (n, h, w, c) with (kh, kw, c, multiplier)."""
    return _depthwise(Input, Filter, stride, padding, dilation, out_dtype, "NHWC")


def _depthwise(
    x: Tensor, weight: Tensor, stride: Any, padding: Any, dilation: Any, out_dtype: Dtype,
    layout: str,
) -> Tensor:  # fmt: skip
    h, c = layout.index("H"), layout.index("C")
    first = 2 if layout == "NCHW" else 0
    kernel = tuple(get_const_int(weight.shape[first + side]) for side in (0, 1))
    multiplier = get_const_int(weight.shape[1 if layout == "NCHW" else 3])
    strides, dilations = each(stride, 2, "stride"), each(dilation, 2, "dilation")
    spans = tuple((k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True))
    extents = tuple(get_const_int(x.shape[h + side]) for side in (0, 1))
    before, after = paddings(padding, spans)
    image = pad(x, _spread(before, ["H", "W"], layout), _spread(after, ["H", "W"], layout),
                name="PaddedInput")  # fmt: skip
    wide = x.dtype if out_dtype is None else as_dtype(out_dtype)
    ry, rx = te.reduce_axis((0, kernel[0]), name="di"), te.reduce_axis((0, kernel[1]), name="dj")

    def product(*place: Expr) -> Expr:
        channel, which = place[c] // multiplier, place[c] % multiplier
        index = list(place)
        index[c] = channel
        index[h] = place[h] * strides[0] + ry * dilations[0]
        index[h + 1] = place[h + 1] * strides[1] + rx * dilations[1]
        at = (channel, which, ry, rx) if layout == "NCHW" else (ry, rx, channel, which)
        return te.sum(image(*index).astype(wide) * weight(*at).astype(wide), axis=[ry, rx])

    shape = list(x.shape)
    shape[c] = shape[c] * multiplier
    for side in (0, 1):
        padded = extents[side] + before[side] + after[side]
        shape[h + side] = te.const((padded - spans[side]) // strides[side] + 1, "int64")
    return te.compute(
        tuple(shape), product, name="DepthwiseConv2d", varargs_names=list(layout.lower())
    )


def conv2d_NCHWc(
    data: Tensor, kernel: Tensor, stride: Any, padding: Any, dilation: Any, layout: str,
    out_layout: str, out_dtype: Dtype = "float32",
) -> Tensor:  # fmt: skip
    """A convolution of blocked channels, such as NCHW16c, with (co / b, ci / a, kh, kw, a, b).

    Filters of fewer channels than the data are those of groups.
    """
    a, b = _check_blocks(data, kernel, layout, "conv2d_NCHWc"), get_const_int(kernel.shape[5])
    flat = layout_transform(data, f"NCHW{a}c", "NCHW")
    weight = layout_transform(kernel, f"OIHW{a}i{b}o", "OIHW")
    groups = max(get_const_int(flat.shape[1]) // get_const_int(weight.shape[1]), 1)
    result = conv(
        flat, weight, stride, padding, dilation, groups, "NCHW", "", out_dtype, "conv2d_nchw"
    )
    return layout_transform(result, "NCHW", f"NCHW{b}c")


def depthwise_conv2d_NCHWc(
    Input: Tensor, Filter: Tensor, stride: Any, padding: Any, dilation: Any, layout: str,
    out_layout: str, out_dtype: Dtype = None,
) -> Tensor:  # fmt: skip
    """A convolution of each blocked channel with (c * multiplier / b, 1, kh, kw, 1, b)."""
    a = _check_blocks(Input, Filter, layout, "depthwise_conv2d_NCHWc")
    b = get_const_int(Filter.shape[5])
    flat = layout_transform(Input, f"NCHW{a}c", "NCHW")
    rows = layout_transform(Filter, f"OIHW1i{b}o", "OIHW")
    channels = flat.shape[1]
    weight = reshape(rows, (channels, rows.shape[0] // channels, *rows.shape[2:]))
    result = depthwise_conv2d_nchw(flat, weight, stride, padding, dilation, out_dtype)
    return layout_transform(result, "NCHW", f"NCHW{b}c")


def _check_blocks(data: Tensor, kernel: Tensor, layout: str, operator: str) -> int:
    """Return the size of the blocks of channels."""
    letters = blocks(layout)
    if [letter for letter, _ in letters] != list("NCHWc") or data.ndim != 5 or kernel.ndim != 6:
        raise ExpressionError(f"expected a layout such as NCHW16c for {operator}, got {layout}")
    return inner_size(letters, "C")
