"""PyTorch's operators of int8, which oneDNN computes, with weights that it packed beforehand.

Images come in our layout. Results of convolutions stay in PyTorch's, channels last.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from autosched.backends.cpu.peers import Array, Run
from autosched.backends.cpu.peers.int8 import Finish, finish_of
from autosched.ops.instance import WorkloadInstance

Params = Mapping[str, Any]
Operator = Callable[..., Any]

OFFSET = 128
"""The zero of data, which is made uint8: convolutions take no int8, and products of it are slow."""


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    """Return a call of the operator, or None if PyTorch has none for the workload."""
    maker, finish = MAKERS.get(workload.name), finish_of(workload, arrays)
    if maker is None or finish is None:
        return None
    torch.set_num_threads(threads)
    x, other = map(torch.from_numpy, arrays[:2])
    call = maker(workload.params, x, other, *_last(finish))

    def run() -> object:
        with torch.inference_mode():
            return call()

    return run


def _last(finish: Finish) -> tuple[Any, ...]:
    """Return the bias of operators, and their arguments after it and the window's."""
    activation: tuple[Any, ...] = ("relu" if finish.relu else "none", [], "")
    if not finish.step:
        return None, (1.0, 0, torch.float32, *activation)
    return torch.from_numpy(finish.added), (float(finish.step), 0, torch.int8, *activation)


def _matmul(params: Params, a: Any, b: Any, *_: Any) -> Operator:
    a, b = (a.mT if params["transpose_a"] else a), (b.mT if params["transpose_b"] else b)
    return lambda: torch._int_mm(a, b)


def _dense(params: Params, x: Any, weight: Any, bias: Any, last: tuple[Any, ...]) -> Operator:
    packed = torch.ops.onednn.qlinear_prepack(weight, list(x.shape))
    weights, operator = (packed, *_scales(len(weight))), torch.ops.onednn.qlinear_pointwise
    return lambda: operator(_unsigned(x), 1.0, OFFSET, *weights, bias, *last)


def _convolution(params: Params, x: Any, weight: Any, bias: Any, last: tuple[Any, ...]) -> Operator:
    steps = ([params[name]] * 2 for name in ("stride", "padding", "dilation"))
    window = *steps, params.get("groups") or params["c"]
    weight = weight if weight.ndim == x.ndim else weight[:, None]
    scales, operator = _scales(len(weight)), torch.ops.onednn.qconv2d_pointwise
    packed = torch.ops.onednn.qconv_prepack(weight, scales[0], 1.0, OFFSET, *window, list(x.shape))
    return lambda: operator(_unsigned(x), 1.0, OFFSET, packed, *scales, bias, *window, *last)


def _unsigned(x: Any) -> Any:
    return x.view(torch.uint8) ^ OFFSET


def _scales(channels: int) -> tuple[Any, Any]:
    """Return the scales and zeros of the channels of weights: they are the numbers themselves."""
    return torch.ones(channels), torch.zeros(channels, dtype=torch.int64)


MAKERS: dict[str, Callable[..., Operator]] = {
    "matmul": _matmul,
    **dict.fromkeys(("dense", "dense_int8"), _dense),
    **dict.fromkeys(("conv2d", "conv2d_int8"), _convolution),
    **dict.fromkeys(("depthwise_conv2d", "depthwise_conv2d_int8"), _convolution),
}
"""By the name of a workload."""
