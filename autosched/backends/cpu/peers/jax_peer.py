"""XLA, through JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from autosched.backends.cpu.peers import Array, Run
from autosched.ops.instance import WorkloadInstance

Params = Mapping[str, Any]


def make(workload: WorkloadInstance, arrays: Sequence[Array], threads: int) -> Run | None:
    function = FUNCTIONS.get(workload.source or "")
    dtypes = {workload.params.get("dtype"), workload.outputs[0].dtype.name}
    if function is None or dtypes != {"float32"}:
        return None
    return compiled(partial(function, workload.params), arrays, threads)


def compiled(function: Callable[..., Any], arrays: Sequence[Array], threads: int) -> Run:
    """Return a call of the compiled function, on arrays that XLA has beforehand.

    With several threads it takes those of the cores that this process may use.
    """
    options = {"xla_cpu_multi_thread_eigen": threads > 1}
    given = [jnp.asarray(array) for array in arrays]
    call = jax.jit(function).lower(*given).compile(compiler_options=options)
    return lambda: jax.block_until_ready(call(*given))


def _matmul(params: Params, a: Any, b: Any) -> Any:
    a = a.mT if params["transpose_a"] else a
    return a @ (b.mT if params["transpose_b"] else b)


def _activated(x: Any, activation: str) -> Any:
    return x if activation == "none" else ACTIVATIONS[activation](x)


def _dense(params: Params, x: Any, weight: Any, bias: Any = 0) -> Any:
    return _activated(x @ weight.T + bias, params["activation"])


def _gated_dense(params: Params, x: Any, gate: Any, up: Any) -> Any:
    return _activated(x @ gate.T, params["activation"]) * (x @ up.T)


def _convolution(params: Params, x: Any, weight: Any, *others: Any) -> Any:
    axes = x.ndim - 2
    result = lax.conv_general_dilated(
        x,
        weight,
        [params["stride"]] * axes,
        [(params["padding"],) * 2] * axes,
        rhs_dilation=[params["dilation"]] * axes,
        feature_group_count=params.get("groups", 1),
    )
    if params["bias"]:
        result += others[0].reshape(-1, *[1] * axes)
    if params.get("residual"):
        result += others[-1]
    return _activated(result, "relu" if params["relu"] else params["activation"])


def _depthwise(params: Params, x: Any, weight: Any, *bias: Any) -> Any:
    weight = weight.reshape(-1, 1, *weight.shape[-2:])
    return _convolution({**params, "groups": params["c"]}, x, weight, *bias)


def _layer_norm(params: Params, x: Any, gamma: Any, beta: Any) -> Any:
    deviation = x - x.mean(-1, keepdims=True)
    return deviation * lax.rsqrt(x.var(-1, keepdims=True) + params["epsilon"]) * gamma + beta


def _rms_norm(params: Params, x: Any, gamma: Any) -> Any:
    return x * lax.rsqrt((x * x).mean(-1, keepdims=True) + params["epsilon"]) * gamma


def _attention(params: Params, q: Any, k: Any, v: Any, mask: Any = 0) -> Any:
    k, v = (jnp.repeat(each, q.shape[1] // each.shape[1], axis=1) for each in (k, v))
    scores = q @ k.mT * params["d"] ** -0.5 + mask
    if params["causal"]:
        m, n = scores.shape[2:]
        scores = jnp.where(jnp.tril(jnp.ones((m, n), bool), n - m), scores, -jnp.inf)
    return jax.nn.softmax(scores, axis=-1) @ v


ACTIVATIONS: dict[str, Callable[[Any], Any]] = {
    "relu": jax.nn.relu,
    "gelu": partial(jax.nn.gelu, approximate=False),
    "gelu_tanh": jax.nn.gelu,
    "silu": jax.nn.silu,
    "mish": jax.nn.mish,
    "hard_swish": jax.nn.hard_swish,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "matmul": _matmul,
    "batch_matmul": _matmul,
    "dense": _dense,
    "gated_dense": _gated_dense,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d"), _convolution),
    "depthwise_conv2d": _depthwise,
    "softmax": lambda _, x: jax.nn.softmax(x, axis=-1),
    "log_softmax": lambda _, x: jax.nn.log_softmax(x, axis=-1),
    "logsumexp": lambda _, x: jax.nn.logsumexp(x, axis=-1),
    "layer_norm": _layer_norm,
    "rms_norm": _rms_norm,
    "l2_norm": lambda _, x: jnp.linalg.norm(x, axis=-1),
    "attention": _attention,
    "transpose": lambda _, x: x.T,
    "concat": lambda _, a, b: jnp.concatenate([a, b], axis=1),
    "exp": lambda _, x: jnp.exp(x),
    "add": lambda _, a, b: a + b,
    "mul": lambda _, a, b: a * b,
    **{name: lambda _, x, f=f: f(x) for name, f in ACTIVATIONS.items()},
}
"""By the name of a workload: called with its parameters and an array for each input."""
