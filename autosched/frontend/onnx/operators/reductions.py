"""Reductions and normalizations."""

from __future__ import annotations

import numpy as np

from autosched.frontend.onnx.node import OnnxNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import indexing as ix
from autosched.graph.operators import normalization as norm
from autosched.graph.operators import reduction as red
from autosched.graph.operators.reshaping import Flatten, ReshapeLike

_REDUCTIONS: dict[str, type[red.Reduction]] = {
    "ReduceSum": red.Sum, "ReduceMean": red.Mean, "ReduceProd": red.Prod,
    "ReduceMax": red.Max, "ReduceMin": red.Min, "ReduceL1": red.SumAbs,
    "ReduceL2": red.L2Norm, "ReduceSumSquare": red.SumSquare, "ReduceLogSum": red.LogSum,
    "ReduceLogSumExp": red.LogSumExp,
}  # fmt: skip


@converts(*_REDUCTIONS)
def _reduction(node: OnnxNode) -> Value:
    axes = node.input(1)
    if node.has("axes"):
        axes = node.constant(node.attribute("axes"))
    keeps = bool(node.attribute("keepdims", 1))
    nothing = bool(node.attribute("noop_with_empty_axes", 0))
    return node.emit(_REDUCTIONS[node.kind](keeps, not nothing), node.needed(0), axes)


@converts("ArgMax", "ArgMin")
def _extremum(node: OnnxNode) -> Value:
    kind = red.ArgMax if node.kind == "ArgMax" else red.ArgMin
    keeps, last = node.attribute("keepdims", 1), node.attribute("select_last_index", 0)
    return node.emit(kind(node.attribute("axis", 0), bool(keeps), bool(last)), node.needed(0))


@converts("Softmax", "LogSoftmax", "Hardmax")
def _softmax(node: OnnxNode) -> Value:
    kind = {"Softmax": norm.Softmax, "LogSoftmax": norm.LogSoftmax, "Hardmax": norm.Hardmax}[
        node.kind
    ]
    x = node.needed(0)
    if node.opset >= 13:
        return node.emit(kind(node.attribute("axis", -1)), x)
    flat = node.emit(Flatten(node.attribute("axis", 1)), x)  # older ones are of a matrix
    return node.emit(ReshapeLike(), node.emit(kind(-1), flat), x)


@converts("LpNormalization")
def _lp_normalization(node: OnnxNode) -> Value:
    return node.emit(
        norm.LpNormalize(node.attribute("axis", -1), node.attribute("p", 2)), node.needed(0)
    )


@converts("BatchNormalization")
def _batch_norm(node: OnnxNode) -> Value:
    return node.emit(norm.BatchNorm(node.attribute("epsilon", 1e-5)), *node.inputs[:5])


@converts("LayerNormalization")
def _layer_norm(node: OnnxNode) -> list[Value]:
    operator = norm.LayerNorm(node.attribute("axis", -1), node.attribute("epsilon", 1e-5))
    return list(node.emit_all(operator, *node.inputs, count=3))


@converts("RMSNormalization")
def _rms_norm(node: OnnxNode) -> Value:
    operator = norm.RmsNorm(node.attribute("axis", -1), node.attribute("epsilon", 1e-5))
    return node.emit(operator, *node.inputs)


@converts("InstanceNormalization")
def _instance_norm(node: OnnxNode) -> Value:
    return node.emit(norm.GroupNorm(0, node.attribute("epsilon", 1e-5)), *node.inputs)


@converts("MeanVarianceNormalization")
def _mean_variance(node: OnnxNode) -> Value:
    axes = node.constant(node.attribute("axes", (0, 2, 3)))
    x = node.needed(0)
    low = node.emit(ar.Sub(), x, node.emit(red.Mean(), x, axes))
    deviation = node.emit(ar.Sqrt(), node.emit(red.Mean(), node.emit(ar.Mul(), low, low), axes))
    tiny = node.emit(ar.CastLike(), node.constant(1e-9, np.float32), x)
    return node.emit(ar.Div(), low, node.emit(ar.Add(), deviation, tiny))


@converts("LRN")
def _lrn(node: OnnxNode) -> Value:
    given = (
        node.attribute("alpha", 1e-4),
        node.attribute("beta", 0.75),
        node.attribute("bias", 1.0),
    )
    return node.emit(norm.Lrn(node.attribute("size"), *given), node.needed(0))


@converts("CumSum", "CumProd")
def _cumulative(node: OnnxNode) -> Value:
    kind = ix.CumSum if node.kind == "CumSum" else ix.CumProd
    exclusive, reverse = node.attribute("exclusive", 0), node.attribute("reverse", 0)
    return node.emit(kind(bool(exclusive), bool(reverse)), *node.inputs)


@converts("TopK")
def _topk(node: OnnxNode) -> list[Value]:
    k = node.constant([node.attribute("k")]) if node.has("k") else node.needed(1)
    operator = ix.TopK(
        node.attribute("axis", -1),
        bool(node.attribute("largest", 1)),
        bool(node.attribute("sorted", 1)),
    )
    return list(node.emit_all(operator, node.needed(0), k, count=2))
