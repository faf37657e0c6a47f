"""Gradients of pooling."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.errors import ExpressionError
from autosched.ir.dtype import dtype
from autosched.te.tensor import Tensor
from autosched.tvm.topi.nn.windows import each, paddings
from autosched.tvm.topi.outside import outside

Array = np.ndarray


def pool_grad(
    grads: Tensor, data: Tensor, kernel: Any, stride: Any, padding: Any, pool_type: str,
    ceil_mode: bool = False, count_include_pad: bool = True, layout: str = "NCHW",
) -> Tensor:  # fmt: skip
    """The gradient of `data` by `grads` of its pooled windows, "max" or "avg".

    Of equal elements of a window, the first has the gradient of the maximum.
    """
    if pool_type not in ("max", "avg") or layout not in ("NCHW", "NHWC"):
        raise ExpressionError(
            f"expected max or avg of NCHW or NHWC for pool_grad, got {pool_type} of {layout}"
        )
    kernels, strides = each(kernel, 2, "kernel"), each(stride, 2, "stride")
    before, _ = paddings(padding, kernels)
    numbers = (
        layout.index("C"), *kernels, *strides, *before, pool_type == "max", count_include_pad
    )  # fmt: skip
    return _pool_grad([grads, data], [(data.shape, data.dtype)], *numbers)[0]


@outside
def _pool_grad(
    grads: Array, data: Array, channels: int, kh: int, kw: int, sh: int, sw: int, top: int,
    left: int, is_max: int, counted: int,
) -> Array:  # fmt: skip
    given, x = np.moveaxis(grads, channels, 1), np.moveaxis(data, channels, 1)
    (oh, ow), (h, w) = given.shape[2:], x.shape[2:]
    spans = [(oh - 1) * sh + kh, (ow - 1) * sw + kw]
    sides = [(top, max(spans[0] - h - top, 0)), (left, max(spans[1] - w - left, 0))]
    padded = np.pad(x, [(0, 0), (0, 0), *sides], constant_values=dtype(x.dtype).min_value)
    inside = np.pad(np.ones((h, w), bool), sides)
    parts = [
        np.s_[..., i : i + (oh - 1) * sh + 1 : sh, j : j + (ow - 1) * sw + 1 : sw]
        for i, j in np.ndindex(kh, kw)
    ]
    if is_max:
        first = np.argmax([padded[part] for part in parts], axis=0)
        shares = [np.where(first == number, given, 0) for number in range(len(parts))]
    else:
        count = kh * kw if counted else np.sum([inside[part] for part in parts], axis=0)
        shares = [given / np.maximum(count, 1)] * len(parts)
    total = np.zeros(padded.shape)
    for part, share in zip(parts, shares, strict=True):
        total[part] += share
    return np.moveaxis(total[:, :, top : top + h, left : left + w], 1, channels)
