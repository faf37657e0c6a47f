"""Tensors that are made of numbers."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.frontend.torch.node import TorchNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators.arithmetic import Cast
from autosched.graph.operators.movement import Expand
from autosched.graph.operators.shapes import Full, Range
from autosched.ir.dtype import INT64


def filled(node: TorchNode, value: Any) -> Value:
    """The result's shape, filled with a number."""
    element = node.dtype
    value = bool(value) if element.is_bool else int(value) if element.is_integer else float(value)
    return node.emit(Full(value, element), node.sizes.array(node.shape))


_VALUES = {"zeros": 0, "ones": 1, "empty": 0}


@converts(*_VALUES, *(f"{name}_like" for name in _VALUES), *(f"new_{name}" for name in _VALUES),
          "empty_strided", "new_empty_strided", "empty_permuted")  # fmt: skip
def _constant(node: TorchNode) -> Value:
    name = node.kind.split(".")[1]
    return filled(node, int("ones" in name))


@converts("full", "full_like", "new_full", "fill", "scalar_tensor")
def _full(node: TorchNode) -> Value:
    names = ("fill_value", "value", "s")
    value = next(node[name] for name in names if node.get(name) is not None)
    if not isinstance(value, Value):
        return filled(node, value)
    flat = node.operand(node.reshape(value, []), node.dtype)
    return node.emit(Expand(), flat, node.sizes.array(node.shape))


@converts("arange")
def _arange(node: TorchNode) -> Value:
    start, step = node.get("start", 0), node.get("step", 1)
    limits = [start, node["end"], step]
    if not any(isinstance(limit, Value) for limit in limits):
        element = node.dtype
        wide = np.float64 if element.is_float else np.int64
        return node.constant(np.arange(*limits, dtype=wide), element)
    if not all(isinstance(limit, int | Value) for limit in limits):
        raise node.unsupported("integers as limits")
    given = [x if isinstance(x, Value) else node.constant(x) for x in limits]
    made = node.emit(Range(), *given)
    return made if node.dtype is INT64 else node.emit(Cast(node.dtype), made)


@converts("linspace")
def _linspace(node: TorchNode) -> Value:
    limits = [node["start"], node["end"], node["steps"]]
    if any(isinstance(limit, Value) for limit in limits):
        raise node.unsupported("numbers as limits")
    return node.constant(np.linspace(*limits), node.dtype)


@converts("eye")
def _eye(node: TorchNode) -> Value:
    rows, columns = node.numbers(node.shape)
    return node.constant(np.eye(rows, columns), node.dtype)
