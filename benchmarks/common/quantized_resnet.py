"""ResNet-18 in int8 as an ONNX file: random weights, scales that are powers of two.

Weights are drawn so that the activations of every layer fill int8 without a calibration.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import log2, sqrt
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from autosched.files import write_whole

SPREAD = 40.0
"""The standard deviation of the integers of weights."""

STEP = 1 / 16
"""The scale of activations."""


def write_resnet(
    path: Path,
    widths: Sequence[int] = (64, 128, 256, 512),
    blocks: int = 2,
    size: int = 224,
    classes: int = 1000,
) -> None:
    """Write a residual network for images of `size` points, by default ResNet-18.

    It has a stage of `blocks` for each of the `widths`, which are numbers of channels.
    """
    write_whole(path, _resnet(_Writer(), widths, blocks, size, classes).SerializeToString())


class _Writer:
    """Writes the nodes of a network, quantized and dequantized between layers."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def add(self, kind: str, *inputs: str, **attributes: Any) -> str:
        result = f"{kind.lower()}{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [result], name=result, **attributes))
        return result

    def constant(self, array: Any) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(array), name))
        return name

    def quantized(self, x: str) -> str:
        steps = self.constant(np.float32(STEP)), self.constant(np.int8(0))
        return self.add("DequantizeLinear", self.add("QuantizeLinear", x, *steps), *steps)

    def conv(
        self, x: str, inputs: int, outputs: int, k: int, stride: int = 1, relu: bool = True
    ) -> str:
        weights = self._weights(outputs, inputs, k, k, terms=inputs * k * k / 2)
        bias = self.constant((self._random.integers(-64, 64, outputs) * STEP).astype(np.float32))
        strides, pads = [stride] * 2, [k // 2] * 4
        y = self.add("Conv", x, weights, bias, kernel_shape=[k, k], strides=strides, pads=pads)
        return self.quantized(self.add("Relu", y) if relu else y)

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        weights = self._weights(outputs, inputs, terms=inputs)
        bias = self.constant(np.zeros(outputs, np.float32))
        return self.quantized(self.add("Gemm", x, weights, bias, transB=1))

    def model(self, size: int, classes: int, result: str) -> onnx.ModelProto:
        kind = onnx.TensorProto.FLOAT
        image = helper.make_tensor_value_info("x", kind, [1, 3, size, size])
        scores = helper.make_tensor_value_info(result, kind, [1, classes])
        graph = helper.make_graph(
            self._nodes, "quantized_resnet", [image], [scores], self._constants
        )
        return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)

    def _weights(self, *shape: int, terms: float) -> str:
        """Weights whose sums of so many products are as large as the activations."""
        drawn = np.rint(self._random.normal(0, SPREAD, shape))
        whole = self.constant(np.clip(drawn, -127, 127).astype(np.int8))
        scale = np.float32(2.0 ** -round(log2(SPREAD * sqrt(terms))))
        return self.add("DequantizeLinear", whole, self.constant(scale), self.constant(np.int8(0)))


def _resnet(
    to: _Writer, widths: Sequence[int], blocks: int, size: int, classes: int
) -> onnx.ModelProto:
    x = to.conv(to.quantized("x"), 3, widths[0], k=7, stride=2)
    x = to.quantized(to.add("MaxPool", x, kernel_shape=[3, 3], strides=[2, 2], pads=[1] * 4))
    before = widths[0]
    for stage, width in enumerate(widths):
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = to.conv(x, before, width, k=3, stride=stride)
            y = to.conv(y, width, width, k=3, relu=False)
            if before != width:
                x = to.conv(x, before, width, k=1, stride=stride, relu=False)
            x = to.quantized(to.add("Relu", to.add("Add", x, y)))
            before = width
    x = to.quantized(to.add("GlobalAveragePool", x))
    x = to.quantized(to.add("Flatten", x))
    return to.model(size, classes, to.dense(x, before, classes))
