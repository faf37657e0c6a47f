"""PyTorch, by the functions its users would call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F

from autosched.backends.cpu.peers import Array, Run
from autosched.ops.instance import WorkloadInstance

Params = Mapping[str, Any]


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    function = FUNCTIONS.get(workload.source or "")
    if function is None or workload.params.get("dtype") == "bfloat16":
        return None
    if workload.params.get("out_dtype"):
        return None
    torch.set_num_threads(threads)
    tensors = [torch.from_numpy(array) for array in arrays]
    params = workload.params

    def run() -> object:
        with torch.inference_mode():
            return function(params, *tensors)

    return run


def _activated(x: Any, activation: str) -> Any:
    return x if activation == "none" else ACTIVATIONS[activation](x)


def _dense(params: Params, x: Any, weight: Any, bias: Any = None) -> Any:
    return _activated(F.linear(x, weight, bias), params["activation"])


def _conv2d(params: Params, x: Any, weight: Any, bias: Any = None) -> Any:
    result = F.conv2d(
        x,
        weight,
        bias,
        params["stride"],
        params["padding"],
        params["dilation"],
        params.get("groups", 1),
    )
    return F.relu(result) if params["relu"] else result


def _depthwise(params: Params, x: Any, weight: Any, bias: Any = None) -> Any:
    return _conv2d({**params, "groups": params["c"]}, x, weight.unsqueeze(1), bias)


def _max_pool2d(params: Params, x: Any) -> Any:
    return F.max_pool2d(x, params["k"], params["stride"], params["padding"])


def _avg_pool2d(params: Params, x: Any) -> Any:
    return F.avg_pool2d(
        x,
        params["k"],
        params["stride"],
        params["padding"],
        count_include_pad=params["count_include_pad"],
    )


def _layer_norm(params: Params, x: Any, gamma: Any, beta: Any) -> Any:
    return F.layer_norm(x, (params["n"],), gamma, beta, params["epsilon"])


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": torch.relu,
    "gelu": F.gelu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matmul": lambda _, a, b: torch.matmul(a, b),
    "batch_matmul": lambda _, a, b: torch.bmm(a, b),
    "dense": _dense,
    "conv2d": _conv2d,
    "depthwise_conv2d": _depthwise,
    "max_pool2d": _max_pool2d,
    "avg_pool2d": _avg_pool2d,
    "softmax": lambda _, x: torch.softmax(x, -1),
    "layer_norm": _layer_norm,
    "exp": lambda _, x: torch.exp(x),
    "add": lambda _, a, b: torch.add(a, b),
    "mul": lambda _, a, b: torch.mul(a, b),
    **{name: lambda _, x, f=f: f(x) for name, f in ACTIVATIONS.items()},
}
"""By the name of a workload: called with its parameters and a tensor for each input."""
