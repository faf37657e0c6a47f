"""Products of integers of few bits, packed as bits: a product is a count of common ones."""

from __future__ import annotations

from typing import Any

from autosched import te
from autosched.errors import ExpressionError
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.space import pad
from autosched.tvm.topi.nn.windows import each, paddings
from autosched.tvm.topi.utils import get_const_int, normalized


def bitpack(
    data: Tensor, bits: int, pack_axis: int, bit_axis: int, pack_type: str,
    name: str = "QuantizeInput",
) -> Tensor:  # fmt: skip
    """Words of `pack_type` that have the same bit of neighbours along `pack_axis`.

    The bits, the lowest first, are along a new axis `bit_axis`. The first neighbour is the
    highest bit of a word.
    """
    shape = _packed(data, pack_axis, pack_type)
    shape.insert(bit_axis, te.const(bits, "int64"))
    width = as_dtype(pack_type).bits

    def word(*i: Expr) -> Expr:
        which, place = i[bit_axis], [*i[:bit_axis], *i[bit_axis + 1 :]]
        k = te.reduce_axis((0, width), name="k")
        place[pack_axis] = place[pack_axis] * width + k
        bit = (data(*place).astype("int64") >> which & 1).astype(pack_type)
        return te.sum(bit << (width - 1 - k).astype(pack_type), axis=k)

    return te.compute(tuple(shape), word, name=name, tag="bitpack")


def binarize_pack(data: Tensor, axis: int | None = None, name: str = "PackedInput") -> Tensor:
    """Words of uint32 with a one for each element along `axis`, the last, that is at least 0."""
    at = data.ndim - 1 if axis is None else normalized(axis, data.ndim, "binarize_pack")
    shape = _packed(data, at, "uint32")

    def word(*i: Expr) -> Expr:
        k = te.reduce_axis((0, 32), name="k")
        bit = data(*i[:at], i[at] * 32 + k, *i[at + 1 :]) >= 0
        return te.sum(bit.astype("uint32") << (31 - k).astype("uint32"), axis=k)

    return te.compute(tuple(shape), word, name=name, tag="binarize_pack")


def binary_dense(data: Tensor, weight: Tensor) -> Tensor:
    """The product of (m, k) with (n, k) of elements 1 and -1, packed by `binarize_pack`."""
    k = te.reduce_axis((0, data.shape[1]), name="k")
    shape = (data.shape[0], weight.shape[0])
    unlike = te.compute(
        shape, lambda i, j: te.sum(te.popcount(data[i, k] ^ weight[j, k]), axis=k),
        name="unlike", tag="binary_dense",
    )  # fmt: skip
    count = data.shape[1] * 32
    return te.compute(
        shape, lambda i, j: (count - unlike[i, j].astype("int64") * 2).astype("float32")
    )


def bitserial_dense(
    data: Tensor, weight: Tensor, data_bits: int, weight_bits: int, pack_dtype: str = "uint32",
    out_dtype: str = "int16", unipolar: bool = True,
) -> Tensor:  # fmt: skip
    """The product of (m, k) with (n, k), or with packed weights (n, bits, k / width).

    With `unipolar` a weight of 0 stands for -1.
    """
    x = bitpack(data, data_bits, 1, 1, pack_dtype)
    w = weight if weight.ndim == 3 else bitpack(weight, weight_bits, 1, 1, pack_dtype)
    k = te.reduce_axis((0, x.shape[2]), name="k")

    b, v = te.reduce_axis((0, x.shape[1]), name="b"), te.reduce_axis((0, w.shape[1]), name="v")

    def product(i: Expr, j: Expr) -> Expr:
        common = _common(x(i, b, k), w(j, v, k), unipolar)
        return te.sum(common.astype(out_dtype) << (b + v).astype(out_dtype), axis=[v, b, k])

    return te.compute((x.shape[0], w.shape[0]), product, name="bitserial_dense")


def bitserial_conv2d_nchw(
    data: Tensor, kernel: Tensor, stride: Any, padding: Any, activation_bits: int,
    weight_bits: int, pack_dtype: str = "uint32", out_dtype: str = "int16", unipolar: bool = True,
) -> Tensor:  # fmt: skip
    """The convolution of (n, c, h, w) with (co, c, kh, kw), or with packed weights, bits last.

    With `unipolar` a weight of 0 stands for -1.
    """
    x = bitpack(data, activation_bits, 1, 2, pack_dtype)
    w = kernel if kernel.ndim == 5 else bitpack(kernel, weight_bits, 1, 4, pack_dtype)
    return _convolution(x, w, ("NCBHW", "OCYXV", "NCHW"), stride, padding, out_dtype, unipolar)


def bitserial_conv2d_nhwc(
    data: Tensor, kernel: Tensor, stride: Any, padding: Any, activation_bits: int,
    weight_bits: int, pack_dtype: str = "uint32", out_dtype: str = "int16", unipolar: bool = True,
) -> Tensor:  # fmt: skip
    """The convolution of (n, h, w, c) with (kh, kw, c, co), or with packed weights, bits last.

    With `unipolar` a weight of 0 stands for -1.
    """
    x = bitpack(data, activation_bits, 3, 4, pack_dtype)
    w = kernel if kernel.ndim == 5 else bitpack(kernel, weight_bits, 2, 4, pack_dtype)
    return _convolution(x, w, ("NHWCB", "YXCOV", "NHWC"), stride, padding, out_dtype, unipolar)


def _convolution(
    x: Tensor, w: Tensor, layouts: tuple[str, str, str], stride: Any, padding: Any,
    out_dtype: str, unipolar: bool,
) -> Tensor:  # fmt: skip
    """Return the convolution of packed tensors; B and V are their bits, Y and X the windows."""
    of_x, of_w, of_out = layouts
    extents = dict(zip(of_x, x.shape, strict=True)) | dict(zip(of_w, w.shape, strict=True))
    kernel = extents["Y"], extents["X"]
    space = of_x.index("H"), of_x.index("W")
    image, strides, (height, width) = _windows(x, space, kernel, stride, padding)
    rc, ry, rx, b, v = (te.reduce_axis((0, extents[letter]), name=letter.lower())
                        for letter in "CYXBV")  # fmt: skip

    def product(*i: Expr) -> Expr:
        at = dict(zip(of_out, i, strict=True))
        rows, columns = at["H"] * strides[0] + ry, at["W"] * strides[1] + rx
        points: dict[str, Expr] = {"N": at["N"], "C": rc, "B": b, "H": rows, "W": columns}
        weights: dict[str, Expr] = {"O": at["C"], "C": rc, "Y": ry, "X": rx, "V": v}
        read, weight = image(*(points[n] for n in of_x)), w(*(weights[n] for n in of_w))
        common = _common(read, weight, unipolar).astype(out_dtype)
        return te.sum(common << (b + v).astype(out_dtype), axis=[rc, ry, rx, v, b])

    shape = {"N": extents["N"], "C": extents["O"], "H": height, "W": width}
    name = f"bitserial_conv2d_{of_out.lower()}"
    return te.compute(tuple(shape[letter] for letter in of_out), product, name=name)


def _packed(data: Tensor, axis: int, pack_type: str) -> list[Expr]:
    """Return the shape with the extent of `axis` in words."""
    width, extent = as_dtype(pack_type).bits, get_const_int(data.shape[axis])
    if extent % width:
        raise ExpressionError(f"expected a multiple of {width} elements to pack, got {extent}")
    shape = list(data.shape)
    shape[axis] = te.const(extent // width, "int64")
    return shape


def _common(x: Expr, w: Expr, unipolar: bool) -> Expr:
    """Return the sum of products of bits, with `unipolar` of bits of `x` with 1 and -1."""
    ones = te.popcount(x & w).astype("int32")
    return ones - te.popcount(x & ~w).astype("int32") if unipolar else ones


def _windows(
    x: Tensor, axes: tuple[int, int], sizes: tuple[Expr, Expr], stride: Any, padding: Any
) -> tuple[Tensor, tuple[int, ...], list[Expr]]:
    """Return the padded image, the strides, and the numbers of windows."""
    kernel = tuple(map(get_const_int, sizes))
    strides, (before, after) = each(stride, 2, "stride"), paddings(padding, kernel)
    low, high = [0] * x.ndim, [0] * x.ndim
    for side, axis in enumerate(axes):
        low[axis], high[axis] = before[side], after[side]
    image = pad(x, low, high, name="PaddedInput")
    spans = zip(axes, kernel, strides, strict=True)
    return image, strides, [(image.shape[at] - k) // step + 1 for at, k, step in spans]
