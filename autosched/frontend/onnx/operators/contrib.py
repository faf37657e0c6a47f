"""Operators of ONNX Runtime's own domain, `com.microsoft`, that its tools write into files.

https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md describes them.
"""

from __future__ import annotations

import numpy as np

from autosched.errors import GraphError
from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.frontend.onnx.operators.networks import window
from autosched.graph.graph import Value
from autosched.graph.operators import activation as act
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import movement as mv
from autosched.graph.operators import normalization as norm
from autosched.graph.operators import pooling as pool
from autosched.graph.operators import quantization as quant
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.operator import Operator

OWN = "com.microsoft."


def _real(node: OnnxNode, place: int, scale: int) -> Value:
    """The numbers of input `place`, whose scale and zero point are inputs `scale` and the next."""
    return node.emit(
        quant.Dequantize(), node.needed(place), node.needed(scale), node.input(scale + 1)
    )


def _whole(node: OnnxNode, real: Value, scale: int) -> Value:
    return node.emit(quant.Quantize(), real, node.needed(scale), node.input(scale + 1))


@converts(f"{OWN}QLinearAdd", f"{OWN}QLinearMul")
def _qlinear_binary(node: OnnxNode) -> Value:
    kind = ar.Add if node.kind.endswith("Add") else ar.Mul
    return _whole(node, node.emit(kind(), _real(node, 0, 1), _real(node, 3, 4)), 6)


@converts(f"{OWN}QLinearSigmoid", f"{OWN}QLinearLeakyRelu")
def _qlinear_unary(node: OnnxNode) -> Value:
    operator: Operator = act.Sigmoid()
    if node.kind.endswith("LeakyRelu"):
        operator = act.LeakyRelu(node.attribute("alpha", 0.01))
    return _whole(node, node.emit(operator, _real(node, 0, 1)), 3)


@converts(f"{OWN}QLinearGlobalAveragePool")
def _qlinear_global_pool(node: OnnxNode) -> Value:
    if node.attribute("channels_last", 0):
        raise GraphError(f"expected channels before space of {node.kind} at {node.name}")
    return _whole(node, node.emit(pool.GlobalAveragePool(), _real(node, 0, 1)), 3)


@converts(f"{OWN}QLinearConcat")
def _qlinear_concat(node: OnnxNode) -> Value:
    parts = [_real(node, place, place + 1) for place in range(2, len(node.inputs), 3)]
    return _whole(node, node.emit(mv.Concat(node.attribute("axis", 0)), *parts), 0)


@converts(f"{OWN}QGemm")
def _qgemm(node: OnnxNode) -> Value:
    """The bias is in int32, of the scales' product; without a scale of its own y is float."""
    swaps = bool(node.attribute("transA", 0)), bool(node.attribute("transB", 0))
    weight = node.emit(
        quant.Dequantize(0 if swaps[1] else 1), node.needed(3), node.needed(4), node.input(5)
    )
    made = node.emit(MatMul(*swaps), _real(node, 0, 1), weight)
    alpha = node.attribute("alpha", 1.0)
    if alpha != 1.0:
        made = node.emit(ar.Mul(), made, node.constant(alpha, np.float32))
    if node.input(6) is not None:
        scales = [node.known(place) for place in (1, 4)]
        if scales[0] is None or scales[1] is None:
            raise GraphError(f"expected constant scales of {node.kind} at {node.name}")
        scale = node.constant(scales[0] * scales[1] * alpha, np.float32)
        made = node.emit(ar.Add(), made, node.emit(quant.Dequantize(-1), node.input(6), scale))
    return made if node.input(7) is None else _whole(node, made, 7)


@converts(f"{OWN}Gelu", f"{OWN}FastGelu", f"{OWN}BiasGelu")
def _gelu(node: OnnxNode) -> Value:
    x, bias = node.needed(0), node.input(1)
    x = x if bias is None else node.emit(ar.Add(), x, bias)
    return node.emit(act.Gelu(approximate=node.kind.endswith("FastGelu")), x)


@converts(f"{OWN}QuickGelu")
def _quick_gelu(node: OnnxNode) -> Value:
    return node.emit(act.Silu(node.attribute("alpha", 1.702)), node.needed(0))


@converts(f"{OWN}FusedMatMul")
def _fused_matmul(node: OnnxNode) -> Value:
    if node.attribute("transBatchA", 0) or node.attribute("transBatchB", 0):
        raise GraphError(f"expected no transposed batches of {node.kind} at {node.name}")
    operator = MatMul(bool(node.attribute("transA", 0)), bool(node.attribute("transB", 0)))
    product = node.emit(operator, node.needed(0), node.needed(1))
    alpha = node.attribute("alpha", 1.0)
    if alpha == 1.0:
        return product
    factor = node.emit(ar.CastLike(), node.constant(alpha, np.float32), product)
    return node.emit(ar.Mul(), product, factor)


_ACTIVATIONS: dict[str, Operator] = {
    "Relu": act.Relu(),
    "Sigmoid": act.Sigmoid(),
    "Tanh": ar.Tanh(),
}


@converts(f"{OWN}FusedConv")
def _fused_conv(node: OnnxNode) -> Value:
    operator = Conv(groups=node.attribute("group", 1), **window(node))
    made = node.emit(operator, *node.inputs[:3])
    name, numbers = node.attribute("activation", ""), node.attribute("activation_params", ())
    if node.input(3) is not None:
        made = node.emit(ar.Add(), made, node.input(3))
    if name == "Clip":
        return node.emit(ar.Clip(), made, *(node.constant(n, np.float32) for n in numbers))
    if name == "LeakyRelu":
        return node.emit(act.LeakyRelu(*numbers), made)
    if name == "HardSigmoid":
        return node.emit(act.HardSigmoid(*numbers), made)
    if name not in _ACTIVATIONS:
        raise GraphError(f"expected a known activation of {node.kind} at {node.name}, got {name!r}")
    return node.emit(_ACTIVATIONS[name], made)


@converts(f"{OWN}SkipLayerNormalization", f"{OWN}SkipSimplifiedLayerNormalization")
def _skip_layer_norm(node: OnnxNode) -> list[Value]:
    """A residual (and a bias) is added, and the sum normalized; output 3 is the sum."""
    is_simple = "Simplified" in node.kind
    total = node.emit(ar.Add(), node.needed(0), node.needed(1))
    bias = node.input(3 if is_simple else 4)
    total = total if bias is None else node.emit(ar.Add(), total, bias)
    epsilon = node.attribute("epsilon", 1e-12)
    if is_simple:
        return _with_sum(node, node.emit(norm.RmsNorm(-1, epsilon), total, node.needed(2)), total)
    normalized = node.emit(norm.LayerNorm(-1, epsilon), total, node.needed(2), node.input(3))
    return _with_sum(node, normalized, total)


def _with_sum(node: OnnxNode, normalized: Value, total: Value) -> list[Value]:
    if any(node.wanted[1:3]):
        raise GraphError(f"expected no mean or deviation of {node.kind} at {node.name}")
    return [normalized, total, total, total]
