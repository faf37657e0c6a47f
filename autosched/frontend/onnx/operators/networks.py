"""Products of matrices, convolutions, pooling and quantized arithmetic."""

from __future__ import annotations

from typing import Any

import numpy as np

from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.frontend.onnx.reading import dtype_of
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import contraction as con
from autosched.graph.operators import convolution as conv
from autosched.graph.operators import pooling as pool
from autosched.graph.operators import quantization as quant
from autosched.graph.operators import resize


def _auto_pad(node: OnnxNode) -> str:
    found = node.attribute("auto_pad", "NOTSET")
    return "" if found == "NOTSET" else found.lower()


def window(node: OnnxNode) -> dict[str, Any]:
    """The attributes of a window that moves."""
    return {
        "strides": node.attribute("strides", ()),
        "pads": node.attribute("pads", ()),
        "dilations": node.attribute("dilations", ()),
        "auto_pad": _auto_pad(node),
    }


@converts("MatMul")
def _matmul(node: OnnxNode) -> Value:
    return node.emit(con.MatMul(), *node.inputs)


@converts("Gemm")
def _gemm(node: OnnxNode) -> Value:
    swaps = bool(node.attribute("transA", 0)), bool(node.attribute("transB", 0))
    product = node.emit(con.MatMul(*swaps), node.needed(0), node.needed(1))
    product = _times(node, product, node.attribute("alpha", 1.0))
    added = node.input(2)
    if added is None:
        return product
    return node.emit(ar.Add(), product, _times(node, added, node.attribute("beta", 1.0)))


def _times(node: OnnxNode, value: Value, factor: float) -> Value:
    if factor == 1.0:
        return value
    return node.emit(
        ar.Mul(), value, node.emit(ar.CastLike(), node.constant(factor, np.float32), value)
    )


@converts("Einsum")
def _einsum(node: OnnxNode) -> Value:
    return node.emit(con.Einsum(node.attribute("equation")), *node.inputs)


@converts("Det")
def _det(node: OnnxNode) -> Value:
    return node.emit(con.Det(), node.needed(0))


@converts("Conv")
def _conv(node: OnnxNode) -> Value:
    return node.emit(conv.Conv(groups=node.attribute("group", 1), **window(node)), *node.inputs)


@converts("ConvTranspose")
def _conv_transpose(node: OnnxNode) -> Value:
    operator = conv.ConvTranspose(
        groups=node.attribute("group", 1),
        output_padding=node.attribute("output_padding", ()),
        output_shape=node.attribute("output_shape", ()),
        **window(node),
    )
    return node.emit(operator, *node.inputs)


@converts("MaxPool")
def _max_pool(node: OnnxNode) -> list[Value]:
    operator = pool.MaxPool(
        kernel=node.attribute("kernel_shape"),
        ceil=bool(node.attribute("ceil_mode", 0)),
        by_column=bool(node.attribute("storage_order", 0)),
        **window(node),
    )
    return list(node.emit_all(operator, node.needed(0), count=len(node.wanted)))


@converts("AveragePool")
def _average_pool(node: OnnxNode) -> Value:
    operator = pool.AveragePool(
        kernel=node.attribute("kernel_shape"),
        ceil=bool(node.attribute("ceil_mode", 0)),
        count_pad=bool(node.attribute("count_include_pad", 0)),
        **window(node),
    )
    return node.emit(operator, node.needed(0))


@converts("LpPool")
def _lp_pool(node: OnnxNode) -> Value:
    operator = pool.LpPool(
        kernel=node.attribute("kernel_shape"),
        ceil=bool(node.attribute("ceil_mode", 0)),
        p=node.attribute("p", 2),
        **window(node),
    )
    return node.emit(operator, node.needed(0))


@converts("GlobalAveragePool")
def _global_average_pool(node: OnnxNode) -> Value:
    return node.emit(pool.GlobalAveragePool(), node.needed(0))


@converts("GlobalMaxPool")
def _global_max_pool(node: OnnxNode) -> Value:
    return node.emit(pool.GlobalMaxPool(), node.needed(0))


@converts("QuantizeLinear", "com.microsoft.QuantizeLinear")
def _quantize(node: OnnxNode) -> Value:
    to = None
    if node.attribute("output_dtype", 0):
        to = dtype_of(node.attribute("output_dtype"), f"the result of {node.name}")
    axis, block = node.attribute("axis", 1), node.attribute("block_size", 0)
    return node.emit(quant.Quantize(axis, block, to), *node.inputs[:3])


@converts("DequantizeLinear", "com.microsoft.DequantizeLinear")
def _dequantize(node: OnnxNode) -> Value:
    operator = quant.Dequantize(node.attribute("axis", 1), node.attribute("block_size", 0))
    return node.emit(operator, *node.inputs[:3])


def _centred(node: OnnxNode, place: int, zero: int, axis: int) -> Value:
    """An operand of integers as int32, less its zero point, of which there may be one a slice."""
    return node.emit(quant.Center(axis), node.needed(place), node.input(zero))


@converts("MatMulInteger")
def _matmul_integer(node: OnnxNode) -> Value:
    return node.emit(con.MatMul(), _centred(node, 0, 2, -2), _centred(node, 1, 3, -1))


@converts("ConvInteger")
def _conv_integer(node: OnnxNode) -> Value:
    operator = conv.Conv(groups=node.attribute("group", 1), **window(node))
    return node.emit(operator, _centred(node, 0, 2, 1), _centred(node, 1, 3, 0))


def _requantized(
    node: OnnxNode, total: Value, scales: tuple[int, int, int], zero: int, axis: int
) -> Value:
    """int32 sums as the result's integers; `scales` are those of both operands and the result."""
    a, b, y = (node.needed(place) for place in scales)
    point, known = node.needed(zero), [node.known(place) for place in scales[:2]]
    if known[0] is None or known[1] is None:
        factor = node.emit(ar.Mul(), a, b)
    else:
        factor = node.constant(known[0] * known[1], np.float32)
    real = node.emit(quant.Dequantize(axis), total, factor)
    return node.emit(quant.Quantize(axis), real, y, point)


@converts("QLinearMatMul")
def _qlinear_matmul(node: OnnxNode) -> Value:
    total = node.emit(con.MatMul(), _centred(node, 0, 2, -2), _centred(node, 3, 5, -1))
    return _requantized(node, total, (1, 4, 6), 7, -1)


@converts("QLinearConv")
def _qlinear_conv(node: OnnxNode) -> Value:
    operator = conv.Conv(groups=node.attribute("group", 1), **window(node))
    bias = node.input(8)
    total = node.emit(operator, _centred(node, 0, 2, 1), _centred(node, 3, 5, 0), bias)
    return _requantized(node, total, (1, 4, 6), 7, 1)


@converts("Resize")
def _resize(node: OnnxNode) -> Value:
    if node.opset == 10:
        operator = resize.Resize(node.attribute("mode", "nearest"), "asymmetric", "floor")
        return node.emit(operator, node.needed(0), None, node.needed(1))
    operator = resize.Resize(
        mode=node.attribute("mode", "nearest"),
        coordinates=node.attribute("coordinate_transformation_mode", "half_pixel"),
        nearest=node.attribute("nearest_mode", "round_prefer_floor"),
        axes=node.attribute("axes"),
        cubic=node.attribute("cubic_coeff_a", -0.75),
        exclude_outside=bool(node.attribute("exclude_outside", 0)),
        extrapolation=node.attribute("extrapolation_value", 0.0),
        antialias=bool(node.attribute("antialias", 0)),
        policy=node.attribute("keep_aspect_ratio_policy", "stretch"),
    )
    return node.emit(operator, *node.inputs)


@converts("Upsample")
def _upsample(node: OnnxNode) -> Value:
    scales = node.input(1)
    if node.has("scales"):
        scales = node.constant(node.attribute("scales"), np.float32)
    operator = resize.Resize(node.attribute("mode", "nearest"), "asymmetric", "floor")
    return node.emit(operator, node.needed(0), None, scales)
