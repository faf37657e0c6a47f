"""Functions of one number, activations among them."""

from __future__ import annotations

import math

from autosched.frontend.torch.node import TorchNode, converts
from autosched.frontend.torch.operators.arithmetic import truncated
from autosched.graph.graph import Value
from autosched.graph.operators import activation as act
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.operator import Operator

_UNARY: dict[str, type[Operator]] = {
    "abs": ar.Abs, "neg": ar.Neg, "sign": ar.Sign, "sqrt": ar.Sqrt, "exp": ar.Exp,
    "log": ar.Log, "log1p": ar.Log1p, "expm1": ar.Expm1, "sin": ar.Sin, "cos": ar.Cos,
    "tan": ar.Tan, "asin": ar.Asin, "acos": ar.Acos, "atan": ar.Atan, "sinh": ar.Sinh,
    "cosh": ar.Cosh, "tanh": ar.Tanh, "asinh": ar.Asinh, "acosh": ar.Acosh, "atanh": ar.Atanh,
    "erf": ar.Erf, "reciprocal": ar.Reciprocal, "rsqrt": ar.Rsqrt, "sigmoid": act.Sigmoid,
    "relu": act.Relu, "silu": act.Silu, "mish": act.Mish, "hardswish": act.HardSwish,
}  # fmt: skip


@converts(*_UNARY)
def _unary(node: TorchNode) -> Value:
    kind = node.kind.split(".")[1]
    if kind == "sign" and node.dtype.is_bool:
        return node.value("self")
    return node.compute(_UNARY[kind](), node["self"])


@converts("ceil", "floor", "round", "trunc")
def _rounded(node: TorchNode) -> Value:
    x, kind = node.value("self"), node.kind.split(".")[1]
    if not node.dtype.is_float:
        return x
    if kind == "trunc":
        return truncated(node, x, node.dtype)
    if node.get("decimals", 0):
        raise node.unsupported("no decimals")
    return node.emit({"ceil": ar.Ceil, "floor": ar.Floor, "round": ar.Round}[kind](), x)


@converts("log2", "log10")
def _logarithm(node: TorchNode) -> Value:
    base = 2 if node.kind.startswith("aten.log2") else 10
    return node.compute(ar.Mul(), node.compute(ar.Log(), node["self"]), 1 / math.log(base))


@converts("exp2")
def _exp2(node: TorchNode) -> Value:
    return node.compute(ar.Exp(), node.compute(ar.Mul(), node["self"], math.log(2)))


@converts("gelu")
def _gelu(node: TorchNode) -> Value:
    return node.compute(act.Gelu(node["approximate"] == "tanh"), node["self"])


@converts("hardsigmoid")
def _hardsigmoid(node: TorchNode) -> Value:
    return node.compute(act.HardSigmoid(1 / 6, 0.5), node["self"])


@converts("leaky_relu")
def _leaky_relu(node: TorchNode) -> Value:
    return node.compute(act.LeakyRelu(float(node["negative_slope"])), node["self"])


@converts("prelu", "_prelu_kernel")
def _prelu(node: TorchNode) -> Value:
    x, slope = node.value("self"), node.value("weight")
    rank = node.rank()
    if node.rank("weight") == 1 and rank > 1:
        slope = node.reshape(slope, [-1, *[1] * (rank - 2)])
    return node.compute(act.PRelu(), x, slope)


@converts("elu")
def _elu(node: TorchNode) -> Value:
    alpha, scale, inner = (float(node[name]) for name in ("alpha", "scale", "input_scale"))
    x = node["self"]
    if scale != 1 and inner == 1:
        return node.compute(act.Selu(alpha, scale), x)
    if inner != 1:
        raise node.unsupported("an input scale of 1")
    return node.compute(act.Elu(alpha), x)


@converts("softplus")
def _softplus(node: TorchNode) -> Value:
    x, beta, limit = node["self"], float(node["beta"]), float(node["threshold"])
    scaled = x if beta == 1 else node.compute(ar.Mul(), x, beta)
    soft = node.compute(act.Softplus(), scaled)
    soft = soft if beta == 1 else node.compute(ar.Mul(), soft, 1 / beta)
    above = node.emit(ar.Less(), node.constant(limit, node.dtype), scaled)
    return node.emit(ar.Where(), above, x, soft)


@converts("log_sigmoid")
def _log_sigmoid(node: TorchNode) -> Value:
    soft = node.compute(act.Softplus(), node.compute(ar.Neg(), node["self"]))
    return node.compute(ar.Neg(), soft)


@converts("dropout")
def _dropout(node: TorchNode) -> Value:
    if node["train"] and node["p"] > 0:
        raise node.unsupported("no random numbers: a model in eval mode")
    return node.value("input")


@converts(
    "clone", "contiguous", "alias", "detach", "detach_", "lift_fresh_copy", "lift_fresh", "positive"
)
def _same(node: TorchNode) -> Value:
    return node.value("self")
