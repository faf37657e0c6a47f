"""Softmax and its kin, and normalizations by mean and variance."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from autosched.frontend.torch.node import TorchNode, converts
from autosched.frontend.torch.tensors import dtype_of
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import normalization as norm
from autosched.graph.operators import reduction as red


@converts("softmax", "_softmax", "log_softmax", "_log_softmax")
def _softmax(node: TorchNode) -> Value:
    kind = norm.LogSoftmax if "log" in node.kind else norm.Softmax
    if not node.rank():
        flat = node.reshape(node.value("self"), [1])
        return node.reshape(node.compute(kind(0), flat), [])
    return node.compute(kind(node.axis()), node["self"])


@converts("layer_norm", "native_layer_norm")
def _layer_norm(node: TorchNode) -> Value | list[Value]:
    count = len(node["normalized_shape"])
    operator = norm.LayerNorm(-count, float(node["eps"]))
    wide = node.wide
    operands = [node.optional(node[name], wide) for name in ("input", "weight", "bias")]
    if not node.kind.startswith("aten.native"):
        return node.cast(node.emit(operator, *operands), wide)
    return _as_results(node, node.emit_all(operator, *operands, count=3))


def _as_results(node: TorchNode, values: Sequence[Value]) -> list[Value]:
    """Values in the dtypes of the results, of which statistics may be wider than others."""
    pairs = zip(values, node.result, strict=True)
    return [node.operand(value, dtype_of(fake.dtype)) for value, fake in pairs]


@converts("rms_norm")
def _rms_norm(node: TorchNode) -> Value:
    epsilon = node["eps"]
    if epsilon is None:
        epsilon = float(np.finfo(node.wide.numpy).eps)
    operator = norm.RmsNorm(-len(node["normalized_shape"]), float(epsilon))
    return node.compute(operator, node["input"], node["weight"])


def _of_channels(node: TorchNode) -> list[Value]:
    """The weight and the bias, one number a channel, ones and zeros where they are left out."""
    made = []
    for name, filler in (("weight", 1.0), ("bias", 0.0)):
        given = node[name]
        if node.rank("input") < 2:
            raise node.unsupported("an input with channels")
        if given is None:
            given = [filler] * node.numbers(node.extents(node["input"])[1:2])[0]
        made.append(node.operand(given, node.wide))
    return made


@converts("batch_norm", "native_batch_norm", "_native_batch_norm_legit_no_training",
          "_native_batch_norm_legit_functional")  # fmt: skip
def _batch_norm(node: TorchNode) -> Value | list[Value]:
    wide, epsilon = node.wide, float(node["eps"])
    x, (scale, shift) = node.operand(node["input"], wide), _of_channels(node)
    is_functional = "functional" in node.kind
    if node.get("training", False):
        if node["running_mean"] is not None and not is_functional:
            raise node.unsupported("statistics that stay: a model in eval mode")
        axes = [0, *range(2, node.rank("input"))]
        mean, variance = _moments(node, x, node.constant(axes))
    else:
        mean, variance = (
            node.operand(node[name], wide) for name in ("running_mean", "running_var")
        )
    found = node.emit(norm.BatchNorm(epsilon), x, scale, shift, mean, variance)
    if node.kind.startswith("aten.batch_norm"):
        return node.cast(found, wide)
    if node.get("training", False):
        stats = [mean, _inverse(node, variance)]
        running = _running(node, mean, variance) if is_functional else []
    else:
        stats = [node.constant([], wide)] * 2
        running = [node["running_mean"], node["running_var"]] if is_functional else []
    return _as_results(node, [found, *stats, *running])


def _running(node: TorchNode, mean: Value, variance: Value) -> list[Value]:
    """The statistics with a part of those of this batch, whose variance is that of a sample."""
    shape = node.numbers(node.extents(node["input"]))
    count = prod(shape) // shape[1]
    momentum = node["momentum"]
    made = []
    for name, own, factor in (
        ("running_mean", mean, momentum),
        ("running_var", variance, momentum * count / max(count - 1, 1)),
    ):
        old = node.emit(ar.Mul(), node[name], node.constant(1 - momentum, node.wide))
        new = node.emit(ar.Mul(), own, node.constant(factor, node.wide))
        made.append(node.emit(ar.Add(), old, new))
    return made


def _moments(node: TorchNode, x: Value, axes: Value) -> tuple[Value, Value]:
    """The mean and the variance over axes, which go."""
    low = node.emit(ar.Sub(), x, node.emit(red.Mean(), x, axes))
    variance = node.emit(red.Mean(False), node.emit(ar.Mul(), low, low), axes)
    return node.emit(red.Mean(False), x, axes), variance


def _inverse(node: TorchNode, variance: Value) -> Value:
    """One over the standard deviation."""
    epsilon = node.constant(float(node["eps"]), node.wide)
    return node.emit(ar.Rsqrt(), node.emit(ar.Add(), variance, epsilon))


@converts("group_norm", "native_group_norm", "instance_norm")
def _group_norm(node: TorchNode) -> Value | list[Value]:
    kind = node.kind.split(".")[1]
    if kind == "instance_norm" and not node["use_input_stats"]:
        raise node.unsupported("statistics of the input")
    groups = {"group_norm": "num_groups", "native_group_norm": "group"}.get(kind)
    count = node[groups] if groups else 0
    x = node["input"]
    wide = node.wide
    scale, shift = _of_channels(node)
    found = node.emit(
        norm.GroupNorm(count, float(node["eps"])), node.operand(x, wide), scale, shift
    )
    if kind != "native_group_norm":
        return node.cast(found, wide)
    rows = node.reshape(node.operand(x, wide), [*node.extents(x)[:1], count, -1])
    mean, variance = _moments(node, rows, node.constant([2]))
    return _as_results(node, [found, mean, _inverse(node, variance)])
