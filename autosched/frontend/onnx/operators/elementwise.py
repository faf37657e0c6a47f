"""Arithmetic, activations, comparisons and logic."""

from __future__ import annotations

from functools import reduce

import numpy as np

from autosched.errors import GraphError
from autosched.frontend.onnx.node import CONVERTERS, OnnxNode, converts
from autosched.frontend.onnx.reading import dtype_of
from autosched.graph.graph import Value
from autosched.graph.operators import activation as act
from autosched.graph.operators import arithmetic as ar
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.unchanged import Identity

_SAME: dict[str, type[Operator]] = {
    "Abs": ar.Abs, "Neg": ar.Neg, "Sign": ar.Sign, "Ceil": ar.Ceil, "Floor": ar.Floor,
    "Round": ar.Round, "Sqrt": ar.Sqrt, "Reciprocal": ar.Reciprocal, "Exp": ar.Exp,
    "Log": ar.Log, "Sin": ar.Sin, "Cos": ar.Cos, "Tan": ar.Tan, "Asin": ar.Asin,
    "Acos": ar.Acos, "Atan": ar.Atan, "Sinh": ar.Sinh, "Cosh": ar.Cosh, "Tanh": ar.Tanh,
    "Asinh": ar.Asinh, "Acosh": ar.Acosh, "Atanh": ar.Atanh, "Erf": ar.Erf, "IsNaN": ar.IsNan,
    "Not": ar.Not, "BitwiseNot": ar.BitNot, "Add": ar.Add, "Sub": ar.Sub, "Mul": ar.Mul,
    "Div": ar.Div, "BitwiseAnd": ar.BitAnd, "BitwiseOr": ar.BitOr, "BitwiseXor": ar.BitXor,
    "Equal": ar.Equal, "Less": ar.Less, "LessOrEqual": ar.LessEqual, "And": ar.And,
    "Or": ar.Or, "Xor": ar.Xor, "Pow": ar.Pow, "Where": ar.Where, "Relu": act.Relu,
    "Sigmoid": act.Sigmoid, "Softplus": act.Softplus, "Softsign": act.Softsign,
    "Mish": act.Mish, "PRelu": act.PRelu, "HardSwish": act.HardSwish, "Identity": Identity,
}  # fmt: skip
"""Operators that are ours under another name, without attributes."""


def _plain(kind: type[Operator]):  # type: ignore[no-untyped-def]
    return lambda node: node.emit(kind(), *node.inputs)


CONVERTERS.update({name: _plain(kind) for name, kind in _SAME.items()})

_SCALED: dict[str, tuple[type[Operator], dict[str, float]]] = {
    "LeakyRelu": (act.LeakyRelu, {"alpha": 0.01}),
    "Elu": (act.Elu, {"alpha": 1.0}),
    "Celu": (act.Celu, {"alpha": 1.0}),
    "Selu": (act.Selu, {"alpha": 1.67326319217681884765625, "gamma": 1.05070102214813232421875}),
    "HardSigmoid": (act.HardSigmoid, {"alpha": 0.2, "beta": 0.5}),
    "ThresholdedRelu": (act.ThresholdedRelu, {"alpha": 1.0}),
    "Swish": (act.Silu, {"alpha": 1.0}),
}


@converts(*_SCALED)
def _scaled(node: OnnxNode) -> Value:
    kind, defaults = _SCALED[node.kind]
    given = {name: node.attribute(name, value) for name, value in defaults.items()}
    return node.emit(kind(**given), node.needed(0))


@converts("Shrink")
def _shrink(node: OnnxNode) -> Value:
    bias, threshold = node.attribute("bias", 0.0), node.attribute("lambd", 0.5)
    return node.emit(act.Shrink(bias, threshold), node.needed(0))


@converts("Gelu")
def _gelu(node: OnnxNode) -> Value:
    return node.emit(act.Gelu(node.attribute("approximate", "none") == "tanh"), node.needed(0))


@converts("Greater", "GreaterOrEqual")
def _greater(node: OnnxNode) -> Value:
    kind = ar.Less if node.kind == "Greater" else ar.LessEqual
    return node.emit(kind(), node.needed(1), node.needed(0))


@converts("Max", "Min", "Sum")
def _folded(node: OnnxNode) -> Value:
    kind = {"Max": ar.Maximum, "Min": ar.Minimum, "Sum": ar.Add}[node.kind]
    values = [node.needed(place) for place in range(len(node.inputs))]
    if len(values) == 1:
        return node.emit(Identity(), values[0])
    return reduce(lambda a, b: node.emit(kind(), a, b), values)


@converts("Mean")
def _mean(node: OnnxNode) -> Value:
    values = [node.needed(place) for place in range(len(node.inputs))]
    total = reduce(lambda a, b: node.emit(ar.Add(), a, b), values)
    count = node.emit(ar.CastLike(), node.constant(len(values), np.float32), total)
    return node.emit(ar.Div(), total, count)


@converts("BitCast")
def _bit_cast(node: OnnxNode) -> Value:
    to = dtype_of(node.attribute("to", 0), f"the result of BitCast at {node.name}")
    return node.emit(ar.BitCast(to), node.needed(0))


@converts("Mod")
def _mod(node: OnnxNode) -> Value:
    kind = ar.Fmod if node.attribute("fmod", 0) else ar.Mod
    return node.emit(kind(), *node.inputs)


@converts("BitShift")
def _shift(node: OnnxNode) -> Value:
    kind = ar.ShiftLeft if node.attribute("direction") == "LEFT" else ar.ShiftRight
    return node.emit(kind(), *node.inputs)


@converts("IsInf")
def _is_inf(node: OnnxNode) -> Value:
    signs = bool(node.attribute("detect_negative", 1)), bool(node.attribute("detect_positive", 1))
    return node.emit(ar.IsInf(*signs), node.needed(0))


@converts("Cast")
def _cast(node: OnnxNode) -> Value:
    to = dtype_of(node.attribute("to", 0), f"the result of Cast at {node.name}")
    return node.emit(ar.Cast(to), node.needed(0))


@converts("CastLike")
def _cast_like(node: OnnxNode) -> Value:
    return node.emit(ar.CastLike(), node.needed(0), node.needed(1))


@converts("Clip")
def _clip(node: OnnxNode) -> Value:
    if node.opset >= 11:
        return node.emit(ar.Clip(), *node.inputs)
    low = node.attribute("min", float(np.finfo(np.float32).min))
    high = node.attribute("max", float(np.finfo(np.float32).max))
    limits = (node.constant(limit, np.float32) for limit in (low, high))
    return node.emit(ar.Clip(), node.needed(0), *limits)


@converts("Dropout")
def _dropout(node: OnnxNode) -> list[Value]:
    """Nothing is dropped: there is no training."""
    x, training = node.needed(0), node.known(2)
    if training is not None and training.any():
        raise GraphError(f"expected a Dropout that is not being trained at {node.name}")
    if not any(node.wanted[1:]):
        return [node.emit(Identity(), x)]
    return [node.emit(Identity(), x), node.emit(ar.Equal(), x, x)]
