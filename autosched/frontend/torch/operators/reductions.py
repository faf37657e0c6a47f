"""Sums and other reductions, scans, and what is found in order."""

from __future__ import annotations

from math import prod
from typing import Any

from autosched.frontend.torch.node import TorchNode, converts
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators import indexing as ix
from autosched.graph.operators import reduction as red
from autosched.graph.operators.arithmetic import Cast
from autosched.ir.dtype import BOOL, INT32


def reduced(node: TorchNode, kind: type[red.Reduction], x: Value, dims: Any) -> Value:
    """The reduction over `dims`, all by default, with the result's axes."""
    keeps = bool(node.get("keepdim", False))
    axes = None
    if dims is not None and node.rank():
        dims = [dims] if isinstance(dims, int) else dims
        axes = node.constant(list(dims)) if dims else None
    return node.emit(kind(keeps), x, axes)


@converts("sum", "mean", "prod")
def _total(node: TorchNode) -> Value:
    kind = {"sum": red.Sum, "mean": red.Mean, "prod": red.Prod}[node.kind.split(".")[1]]
    wide = node.wide
    x = node.operand(node["self"], wide)
    return node.cast(reduced(node, kind, x, node.get("dim")), wide)


@converts("amax", "amin", "max.default", "min.default")
def _extremum(node: TorchNode) -> Value:
    return _greatest(node, node.value("self"), node.get("dim"))


def _greatest(node: TorchNode, x: Value, dims: Any) -> Value:
    kind = red.Max if "max" in node.kind.split(".")[1] else red.Min
    if not node.dtype.is_bool:
        return reduced(node, kind, x, dims)
    return node.emit(Cast(BOOL), reduced(node, kind, node.emit(Cast(INT32), x), dims))


@converts("max.dim", "min.dim")
def _extremum_and_place(node: TorchNode) -> list[Value]:
    x = node.value("self")
    if not node.rank():
        return [x, node.constant(0)]
    return [_greatest(node, x, node["dim"]), _place(node, x, node.axis())]


def _place(node: TorchNode, x: Value, axis: int) -> Value:
    kind = red.ArgMax if "max" in node.kind.split(".")[1] else red.ArgMin
    return node.emit(kind(axis, bool(node["keepdim"])), x)


@converts("argmax", "argmin")
def _argument(node: TorchNode) -> Value:
    x = node.value("self")
    if node["dim"] is not None and node.rank():
        return _place(node, x, node.axis())
    kind = red.ArgMax if "max" in node.kind.split(".")[1] else red.ArgMin
    return node.reshape(node.emit(kind(0, False), node.reshape(x, [-1])), node.shape)


@converts("any", "all")
def _any(node: TorchNode) -> Value:
    kind = red.Max if node.kind.startswith("aten.any") else red.Min
    x = node.operand(node.operand(node["self"], BOOL), INT32)
    found = reduced(node, kind, x, node.get("dim"))
    return node.emit(Cast(node.dtype), found)


@converts("var", "std", "var_mean", "std_mean")
def _variance(node: TorchNode) -> list[Value] | Value:
    kind = node.kind.split(".")[1]
    x = node.operand(node["self"], node.wide)
    dims = node.get("dim") or list(range(node.rank()))
    axes = node.constant(dims)
    correction = node.get("correction")
    if correction is None:
        correction = 1 if node.get("unbiased", True) else 0
    shape = node.extents(node["self"])
    count = prod(node.numbers([shape[axis] for axis in dims]))
    mean = node.emit(red.Mean(), x, axes)
    low = node.emit(ar.Sub(), x, mean)
    squares = reduced(node, red.Sum, node.emit(ar.Mul(), low, low), dims)
    divisor = max(count - correction, 0)
    total = node.emit(ar.Div(), squares, node.constant(divisor, node.wide))
    found = node.cast(node.emit(ar.Sqrt(), total) if kind.startswith("std") else total, node.wide)
    if not kind.endswith("mean"):
        return found
    return [found, node.cast(node.reshape(mean, node.shape), node.wide)]


@converts("logsumexp")
def _logsumexp(node: TorchNode) -> Value:
    x = node.operand(node["self"], node.wide)
    return node.cast(reduced(node, red.LogSumExp, x, node["dim"]), node.wide)


@converts("linalg_vector_norm")
def _norm(node: TorchNode) -> Value:
    order = float(node["ord"])
    kinds: dict[float, type[red.Reduction]] = {1.0: red.SumAbs, 2.0: red.L2Norm}
    x = node.operand(node["self"], node.wide)
    if order in kinds:
        return node.cast(reduced(node, kinds[order], x, node["dim"]), node.wide)
    size = node.emit(ar.Abs(), x)
    if order in (float("inf"), -float("inf")):
        kind = red.Max if order > 0 else red.Min
        return node.cast(reduced(node, kind, size, node["dim"]), node.wide)
    if order == 0:
        is_any = node.emit(Cast(node.wide), node.emit(Cast(BOOL), x))
        return node.cast(reduced(node, red.Sum, is_any, node["dim"]), node.wide)
    powers = node.emit(ar.Pow(), size, node.constant(order, node.wide))
    total = reduced(node, red.Sum, powers, node["dim"])
    return node.compute(ar.Pow(), total, 1 / order)


@converts("cumsum", "cumprod")
def _scan(node: TorchNode) -> Value:
    kind = ix.CumSum if node.kind.startswith("aten.cumsum") else ix.CumProd
    if not node.rank():
        return node.operand(node["self"], node.dtype)
    wide = node.wide
    x = node.operand(node["self"], wide)
    return node.cast(node.emit(kind(), x, node.constant(node.axis())), wide)


@converts("topk")
def _topk(node: TorchNode) -> list[Value]:
    operator = ix.TopK(node.axis(), node["largest"], node["sorted"])
    return _ordered(node, operator, node["k"])


@converts("sort")
def _sort(node: TorchNode) -> list[Value]:
    axis = node.axis()
    operator = ix.TopK(axis, node["descending"])
    return _ordered(node, operator, node.shape[axis] if node.rank() else 1)


def _ordered(node: TorchNode, operator: ix.TopK, count: Any) -> list[Value]:
    x = node.value("self")
    if not node.rank():
        return [x, node.constant(0)]
    return list(node.emit_all(operator, x, node.sizes.array([count]), count=2))
