"""PyTorch, by the functions its users would call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F

from autosched.backends.cpu.peers import Array, Run, torch_int8
from autosched.ops.instance import WorkloadInstance

Params = Mapping[str, Any]


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    if workload.inputs[0].dtype.name == "int8":
        return torch_int8.make(workload, arrays, threads)
    function = FUNCTIONS.get(workload.source or "")
    params = workload.params
    if function is None or _kinds(params) not in KINDS.get(workload.name, PLAIN):
        return None
    torch.set_num_threads(threads)
    bits = params.get("dtype") == "bfloat16"
    tensors = [_tensor(array, bits) for array in arrays]

    def run() -> object:
        with torch.inference_mode():
            result = function(params, *tensors)
            return result.view(torch.int16).numpy().view(np.uint16) if bits else result

    return run


def _kinds(params: Params) -> tuple[str, str]:
    """Return the dtypes of the inputs and of the result."""
    dtype = params.get("dtype", "float32")
    return dtype, params.get("out_dtype") or dtype


def _tensor(array: Array, bits: bool) -> Any:
    """Return the array as a tensor; that of a bfloat16 has its bits."""
    if bits:
        return torch.from_numpy(array.view(np.int16)).view(torch.bfloat16)
    return torch.from_numpy(array)


def _matmul(params: Params, a: Any, b: Any) -> Any:
    a = a.mT if params["transpose_a"] else a
    return torch.matmul(a, b.mT if params["transpose_b"] else b)


def _activated(x: Any, activation: str) -> Any:
    return x if activation == "none" else ACTIVATIONS[activation](x)


def _dense(params: Params, x: Any, weight: Any, bias: Any = None) -> Any:
    return _activated(F.linear(x, weight, bias), params["activation"])


def _gated_dense(params: Params, x: Any, gate: Any, up: Any) -> Any:
    return _activated(F.linear(x, gate), params["activation"]) * F.linear(x, up)


def _convolution(params: Params, x: Any, weight: Any, *others: Any) -> Any:
    """Convolve along each axis after the channels; `others` are a bias and a residual."""
    function = (F.conv1d, F.conv2d, F.conv3d)[x.ndim - 3]
    bias = others[0] if params["bias"] else None
    steps = (params["stride"], params["padding"], params["dilation"])
    result = function(x, weight, bias, *steps, params.get("groups", 1))
    if params.get("residual"):
        result += others[-1]
    return _activated(result, "relu" if params["relu"] else params["activation"])


def _depthwise(params: Params, x: Any, weight: Any, bias: Any = None) -> Any:
    weight = weight.reshape(-1, 1, *weight.shape[-2:])
    return _convolution({**params, "groups": params["c"]}, x, weight, bias)


def _transposed(params: Params, x: Any, weight: Any, bias: Any = None) -> Any:
    function = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[x.ndim - 3]
    steps = (params["stride"], params["padding"], params["output_padding"])
    result = function(x, weight, bias, *steps)
    return F.relu(result) if params["relu"] else result


def _max_pool(params: Params, x: Any) -> Any:
    function = (F.max_pool1d, F.max_pool2d, F.max_pool3d)[x.ndim - 3]
    return function(x, params["k"], params["stride"], params["padding"])


def _avg_pool(params: Params, x: Any) -> Any:
    function = (F.avg_pool1d, F.avg_pool2d, F.avg_pool3d)[x.ndim - 3]
    window = (params["k"], params["stride"], params["padding"])
    return function(x, *window, count_include_pad=params["count_include_pad"])


def _layer_norm(params: Params, x: Any, gamma: Any, beta: Any) -> Any:
    return F.layer_norm(x, (params["n"],), gamma, beta, params["epsilon"])


def _rms_norm(params: Params, x: Any, gamma: Any) -> Any:
    return F.rms_norm(x, (params["n"],), gamma, params["epsilon"])


def _group_norm(params: Params, x: Any, gamma: Any, beta: Any) -> Any:
    return F.group_norm(x, params.get("groups", params["c"]), gamma, beta, params["epsilon"])


def _batch_norm(params: Params, x: Any, mean: Any, variance: Any, gamma: Any, beta: Any) -> Any:
    return F.batch_norm(x, mean, variance, gamma, beta, eps=params["epsilon"])


def _attention(params: Params, q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    grouped = params["key_heads"] not in (None, params["heads"])
    causal = params["causal"]
    return F.scaled_dot_product_attention(q, k, v, mask, is_causal=causal, enable_gqa=grouped)


def _resize(params: Params, x: Any) -> Any:
    size = (params["height"], params["width"])
    return F.interpolate(x, size, mode=params["mode"])


PLAIN = {(name, name) for name in ("float32", "float64")}
HALF = {(name, name) for name in ("float16", "bfloat16")}
KINDS = {
    **dict.fromkeys(("matmul", "batch_matmul", "conv2d", "dense", "attention"), PLAIN | HALF),
}
"""By the name of a workload: the dtypes of inputs and result that it is compared in."""

ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": torch.relu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "mish": F.mish,
    "hard_swish": F.hardswish,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "batch_matmul": _matmul,
    "dense": _dense,
    "gated_dense": _gated_dense,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    "depthwise_conv2d": _depthwise,
    **dict.fromkeys(("conv1d_transpose", "conv2d_transpose", "conv3d_transpose"), _transposed),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _max_pool),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _avg_pool),
    "softmax": lambda _, x: torch.softmax(x, -1),
    "log_softmax": lambda _, x: torch.log_softmax(x, -1),
    "logsumexp": lambda _, x: torch.logsumexp(x, -1),
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "l2_norm": lambda _, x: torch.linalg.vector_norm(x, dim=-1),
    "group_norm": _group_norm,
    "instance_norm": _group_norm,
    "batch_norm": _batch_norm,
    "attention": _attention,
    "embedding": lambda _, table, indices: F.embedding(indices, table),
    "transpose": lambda _, x: x.T.contiguous(),
    "concat": lambda _, a, b: torch.cat([a, b], dim=1),
    "resize": _resize,
    "exp": lambda _, x: torch.exp(x),
    "add": lambda _, a, b: torch.add(a, b),
    "mul": lambda _, a, b: torch.mul(a, b),
    **{name: lambda _, x, f=f: f(x) for name, f in ACTIVATIONS.items()},
}
"""By the name of a workload: called with its parameters and a tensor for each input."""
