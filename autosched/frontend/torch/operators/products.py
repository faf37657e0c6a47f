"""Products of matrices, and attention."""

from __future__ import annotations

import math

import numpy as np

from autosched.frontend.torch.node import TorchNode, converts
from autosched.frontend.torch.sizes import Extent
from autosched.graph.graph import Value
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.movement import Expand
from autosched.graph.operators.normalization import Softmax
from autosched.graph.operators.reduction import LogSumExp


@converts("mm", "bmm", "matmul", "mv", "dot")
def _matmul(node: TorchNode) -> Value:
    names = {"mv": "vec", "dot": "tensor"}
    other = names.get(node.kind.split(".")[1], "mat2" if node.get("mat2") is not None else "other")
    return node.compute(MatMul(), node["self"], node[other])


@converts("linear")
def _linear(node: TorchNode) -> Value:
    product = node.compute(MatMul(transpose_b=True), node["input"], node["weight"])
    bias = node["bias"]
    return product if bias is None else node.compute(ar.Add(), product, bias)


@converts("addmm", "baddbmm", "addmv")
def _addmm(node: TorchNode) -> Value:
    a, b = {
        "addmm": ("mat1", "mat2"),
        "baddbmm": ("batch1", "batch2"),
        "addmv": ("mat", "vec"),
    }[node.kind.split(".")[1]]
    product = node.compute(MatMul(), node[a], node[b])
    added, alpha, beta = node["self"], node["alpha"], node["beta"]
    product = product if alpha == 1 else node.compute(ar.Mul(), product, alpha)
    if beta == 0:
        return product
    added = added if beta == 1 else node.compute(ar.Mul(), added, beta)
    return node.compute(ar.Add(), product, added)


@converts("scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu")
def _attention(node: TorchNode) -> Value | list[Value]:
    """Softmax of scaled and masked products of queries and keys, times values."""
    if node.get("dropout_p", 0.0):
        raise node.unsupported("no random numbers: a model in eval mode")
    query, key, value = (node.value(name) for name in ("query", "key", "value"))
    queries, keys = node.extents(query), node.extents(key)
    key, value = _grouped(node, key, queries, keys), _grouped(node, value, queries, keys)
    wide = node.wide
    q, k, v = (node.operand(x, wide) for x in (query, key, value))
    scores = node.emit(MatMul(transpose_b=True), q, k)
    scores = node.emit(ar.Mul(), scores, node.constant(scale_of(node), wide))
    scores = masked(node, scores, [queries[-2], keys[-2]])
    weights = node.emit(Softmax(-1), scores)
    found = node.cast(node.emit(MatMul(), weights, v), wide)
    if node.kind.startswith("aten.scaled"):
        return found
    return [found, node.emit(LogSumExp(False), scores, node.constant([-1]))]


def scale_of(node: TorchNode) -> float:
    """The factor of the products of an attention."""
    if node["scale"] is not None:
        return float(node["scale"])
    return 1 / math.sqrt(*node.numbers(node.extents(node["query"])[-1:]))


def _grouped(node: TorchNode, x: Value, queries: list[Extent], keys: list[Extent]) -> Value:
    """Keys or values, each head of which is that of several heads of queries."""
    if len(keys) < 4 or keys[-3] == queries[-3] or not node.get("enable_gqa", True):
        return x
    shape = node.extents(x)
    heads, own = node.numbers([queries[-3], keys[-3]])
    outer, inner = shape[:-2], shape[-2:]
    apart = node.reshape(x, [*outer, 1, *inner])
    every = node.emit(Expand(), apart, node.sizes.array([*outer, heads // own, *inner]))
    return node.reshape(every, [*shape[:-3], heads, *inner])


def masked(node: TorchNode, scores: Value, shape: list[Extent]) -> Value:
    """The scores with minus infinity where a query does not see a key."""
    wide = node.wide
    hidden = node.constant(-math.inf, wide)
    mask = node["attn_mask"]
    if mask is not None:
        if node.common("attn_mask").is_bool:
            return node.emit(ar.Where(), mask, scores, hidden)
        return node.emit(ar.Add(), scores, node.operand(mask, wide))
    if not node["is_causal"]:
        return scores
    seen = np.tril(np.ones(node.numbers(shape), bool))
    bias = np.where(seen, 0.0, -math.inf)
    return node.emit(ar.Add(), scores, node.constant(bias, wide))


@converts("outer")
def _outer(node: TorchNode) -> Value:
    other = node.get("vec2")
    return node.compute(ar.Mul(), node.reshape(node["self"], [-1, 1]), other)
