"""Quantized graphs to test with."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.graph.graph import Graph, Value
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import OPERATORS
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype

rng = np.random.default_rng(23)


class Net:
    """Builds a quantized graph of one input of float32."""

    def __init__(self, *shape: int):
        self.builder = TypedBuilder("g")
        self.x = self.builder.input("x", TensorType(dtype("float32"), shape))

    def add(self, name: str, *inputs: Value | None, **attributes: Any) -> Value:
        return self.builder.add(OPERATORS[name](**attributes), *inputs)[0]

    def constant(self, array: Any) -> Value:
        return self.builder.constant(np.asarray(array))

    def steps(self, scale: Any, zero: Any, kind: str) -> tuple[Value, Value]:
        return self.constant(np.float32(scale)), self.constant(np.array(zero, kind))

    def quantized(self, x: Value, scale: float, zero: int, kind: str = "uint8") -> Value:
        """x, quantized and dequantized."""
        steps = self.steps(scale, zero, kind)
        return self.add("dequantize", self.add("quantize", x, *steps), *steps)

    def weights(self, *shape: int, scale: Any = 0.01, zero: Any = 0, **more: Any) -> Value:
        kind = "uint8" if np.any(zero) else "int8"
        whole = rng.integers(*((0, 256) if np.any(zero) else (-128, 128)), shape).astype(kind)
        return self.add("dequantize", self.constant(whole), *self.steps(scale, zero, kind), **more)

    def of(self, *outputs: Value) -> Graph:
        return self.builder.build(outputs)
