"""Arithmetic between dequantized and quantized values is done on the integers themselves.

    a = dequantize(x, s, z)               t = conv(x, w, k, filler=z, out_dtype=int32)
    b = dequantize(w, r, 0)         ->    q = requantize(t, s * r / u, v)
    q = quantize(conv(a, b, c), u, v)     with k = round(c / (s * r)) - z * sum(w), a constant

A convolution or product of matrices sums its products in int32, where its weights are constants
whose zero point can be taken away beforehand; what is read as floats is dequantized after it. A
bound (relu, clip) is a bound of integers, a sum of two quantized values is one operator, and what
only moves or chooses values of one scale moves the integers. Scales and zero points are constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import movement as mv
from autosched.graph.operators.activation import Relu
from autosched.graph.operators.arithmetic import Add, Cast, Clip, Mul, Sub
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.pooling import GlobalMaxPool, MaxPool
from autosched.graph.operators.quantization import (
    AddQuantized,
    Center,
    Dequantize,
    Quantize,
    Requantize,
)
from autosched.graph.operators.reshaping import DepthToSpace, ReshapeLike, Reshaping, SpaceToDepth
from autosched.graph.operators.unchanged import Identity
from autosched.ir.dtype import INT32, DType, dtype

Array = np.ndarray

MOST_VISITED = 32
"""Nodes between dequantized values and where they are quantized again."""

CHOOSING = (
    *(Identity, Reshaping, ReshapeLike, mv.Transpose, mv.Expand, mv.Tile, mv.Slice),
    *(mv.Concat, DepthToSpace, SpaceToDepth, MaxPool, GlobalMaxPool),
)
"""Operators whose results are elements of their inputs, whatever the scale."""


def quantize(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _replaced, TypedBuilder(graph.name))


@dataclass(frozen=True)
class _Scale:
    """How integers stand for numbers: `(integer - zero) * scale`, of one scale or one a channel."""

    scale: Array
    zero: Array
    element: DType

    def is_as(self, other: _Scale) -> bool:
        """Whether both are the same one scale."""
        return (
            self.element is other.element
            and self.scale.size == other.scale.size == 1
            and self.scale.item() == other.scale.item()
            and self.zero.item() == other.zero.item()
        )

    def integer(self, number: Array) -> Array:
        """A number as an integer of this scale."""
        wide = np.rint(number / self.scale) + self.zero
        return np.clip(wide, self.element.min_value, self.element.max_value).astype(
            self.element.numpy
        )


def _replaced(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    if isinstance(node.operator, Conv | MatMul):
        return _of_integers(node, inputs, builder) or _of_moved(node, inputs, builder)
    if isinstance(node.operator, Quantize):
        to = _target(node.operator, inputs, builder)
        name = node.outputs[0].name
        made = None if to is None else _Quantizing(name, to, builder).of(inputs[0])
        return None if made is None else [made]
    return None


def _of_integers(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    """A convolution or product of small integers by constants, with its sums in int32."""
    operator = node.operator
    assert isinstance(operator, Conv | MatMul)
    x, w = _operand(inputs[0], builder), _operand(inputs[1], builder)
    if x is None or w is None or operator.out_dtype is not None:
        return None
    weights, is_conv = _symmetric(*w, builder), isinstance(operator, Conv)
    if weights is None or x[1].scale.size != 1 or x[1].zero.size != 1:
        return None
    if not is_conv and weights.ndim != 2:
        return None
    out = 0 if isinstance(operator, Conv) or operator.transpose_b else 1
    factors = w[1].scale
    if factors.size > 1 and (factors.ndim > 1 or w[2] % weights.ndim != out):
        return None
    scale = (x[1].scale.reshape(()) * factors.reshape(-1)).astype(np.float32)
    bias = _numbers(inputs[2], builder) if len(inputs) > 2 else np.zeros(1)
    if bias is None:
        return None
    others = tuple(axis for axis in range(weights.ndim) if axis != out)
    zero = int(x[1].zero.item())
    steps = np.rint(bias.astype(np.float64) / scale)
    steps = steps - zero * weights.astype(np.int64).sum(axis=others)
    total = _sums(node, x[0], zero, weights, steps.astype(np.int32), builder)
    kind = node.outputs[0].type
    if kind is not None and kind.dtype is INT32:
        return [total]
    factor = builder.constant(scale if scale.size > 1 else scale.reshape(()), f"{node.name}.scale")
    made = Dequantize(1 if is_conv else -1)
    return builder.add(made, total, factor, name=node.outputs[0].name)


def _of_moved(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    """A product of centred integers, of a zero point that only a run tells, by constants.

    `matmul(x - z, w)` is `matmul(x, w)` less `z` times the sums of the columns of `w`.
    """
    centred, w = builder.producer(inputs[0]), _operand(inputs[1], builder)
    if centred is None or w is None or not isinstance(centred.operator, Center):
        return None
    weights, zero = _symmetric(*w, builder), centred.given[-1]
    if weights is None or weights.ndim != 2 or not isinstance(node.operator, MatMul):
        return None
    if len(centred.given) < 2 or zero.type is None or zero.type.names or zero.type.elements != 1:
        return None
    axis = 1 if node.operator.transpose_b else 0
    columns = weights.sum(axis=axis, dtype=np.int32)
    product = _sums(node, centred.given[0], 0, weights, np.zeros(1, np.int32), builder)
    wide = builder.add(Cast(INT32), zero, name=f"{node.name}.zero")[0]
    sums = builder.constant(columns, f"{node.name}.columns")
    moved = builder.add(Mul(), wide, sums, name=f"{node.name}.moved")[0]
    return builder.add(Sub(), product, moved, name=node.outputs[0].name)


def _sums(
    node: Node, x: Value, zero: int, weights: Array, bias: Array, builder: GraphBuilder
) -> Value:
    """The sums of products in int32, plus the bias."""
    wide = builder.constant(weights, f"{node.name}.weight")
    added = builder.constant(bias, f"{node.name}.bias")
    name = f"{node.name}.sums"
    if isinstance(node.operator, Conv):
        conv = replace(node.operator, out_dtype=INT32, filler=zero)
        return builder.add(conv, x, wide, added, name=name)[0]
    assert isinstance(node.operator, MatMul)
    product = builder.add(replace(node.operator, out_dtype=INT32), x, wide, name=name)[0]
    return builder.add(Add(), product, added, name=name)[0] if bias.any() else product


def _operand(value: Value | None, builder: GraphBuilder) -> tuple[Value, _Scale, int] | None:
    """The integers of a dequantized or centred value, their scale, and the axis it goes along."""
    node = builder.producer(value)
    if node is None or not isinstance(node.operator, Dequantize | Center) or node.operator.block:
        return None
    source = node.given[0]
    if source.type is None or source.type.dtype.bytes != 1:
        return None
    places = node.inputs[1:] if isinstance(node.operator, Dequantize) else (None, *node.inputs[1:])
    known = [None if given is None else builder.known(given) for given in places]
    if any(array is None and given is not None for array, given in zip(known, places, strict=True)):
        return None
    one = np.ones((), np.float32)
    scale = one if known[0] is None else known[0]
    zero = known[1] if len(known) > 1 and known[1] is not None else np.zeros((), np.int32)
    return source, _Scale(scale, zero, source.type.dtype), node.operator.axis


def _symmetric(source: Value, scale: _Scale, axis: int, builder: GraphBuilder) -> Array | None:
    """Constant weights less their zero point, where that is int8 again."""
    weights = builder.known(source)
    if weights is None:
        return None
    zero = scale.zero.astype(np.int32)
    if zero.size > 1:
        zero = zero.reshape(-1, *[1] * (weights.ndim - axis % weights.ndim - 1))
    wide = weights.astype(np.int32) - zero
    return wide.astype(np.int8) if wide.min() >= -128 and wide.max() <= 127 else None


def _numbers(value: Value | None, builder: GraphBuilder) -> Array | None:
    """The numbers of a constant, or of a constant that is dequantized."""
    node = builder.producer(value)
    if value is None or node is None:
        return None if value is None else builder.known(value)
    given = [None if v is None else builder.known(v) for v in node.inputs]
    if not isinstance(node.operator, Dequantize) or given[0] is None or given[1] is None:
        return None
    return node.operator.evaluate(given[0], given[1], *given[2:])


def _target(
    operator: Quantize, inputs: Sequence[Value | None], builder: GraphBuilder
) -> _Scale | None:
    """The one scale that values are quantized to."""
    known = [None if value is None else builder.known(value) for value in inputs[1:]]
    scale, zero = known[0], known[1] if len(known) > 1 else None
    is_told = len(inputs) < 3 or inputs[2] is None or zero is not None
    if scale is None or not is_told or scale.size != 1 or operator.block:
        return None
    zero = np.zeros((), np.uint8) if zero is None else zero
    element = operator.to or dtype(zero.dtype)
    return None if element.bytes != 1 else _Scale(scale, zero.reshape(()), element)


class _Quantizing:
    """Makes the integers that a value is, of one scale, from those that it is made of."""

    def __init__(self, name: str, to: _Scale, builder: GraphBuilder):
        self._name, self._to, self._builder = name, to, builder
        self._made: dict[Value | None, Value | None] = {}

    def of(self, value: Value | None) -> Value | None:
        """The value as integers; None where floats are needed on the way."""
        if value not in self._made and len(self._made) < MOST_VISITED:
            self._made[value] = None
            self._made[value] = self._of(value)
        return self._made.get(value)

    def _of(self, value: Value | None) -> Value | None:
        node = self._builder.producer(value)
        if value is None or node is None or len(node.outputs) > 1:
            return None
        if isinstance(node.operator, Dequantize):
            return self._rescaled(value, node, node.operator.axis)
        if isinstance(node.operator, Relu | Clip):
            return self._bounded(node)
        if isinstance(node.operator, Add):
            return self._biased(node) or self._sum(node)
        if isinstance(node.operator, CHOOSING):
            return self._chosen(node)
        return None

    def _rescaled(self, value: Value, node: Node, axis: int) -> Value | None:
        source, scale = node.given[0], self._builder.known(node.given[1])
        operand = _operand(value, self._builder)
        if operand is not None:
            return operand[0] if operand[1].is_as(self._to) else None
        if source.type is None or source.type.dtype is not INT32 or len(node.given) > 2:
            return None
        return None if scale is None else self._requantized(source, scale, axis)

    def _requantized(self, sums: Value, scale: Array, axis: int) -> Value:
        factor = self._constant((scale / self._to.scale.item()).astype(np.float32), "scale")
        return self._add(Requantize(axis, to=self._to.element), sums, factor, self._zero())

    def _bounded(self, node: Node) -> Value | None:
        if isinstance(node.operator, Relu):
            bounds: list[Array | None] = [np.zeros(()), None]
        else:
            given = [*node.inputs[1:], None, None][:2]
            bounds = [None if v is None else self._builder.known(v) for v in given]
            if any(v is not None and b is None for v, b in zip(given, bounds, strict=True)):
                return None
        inner = self.of(node.inputs[0])
        limits = [
            None if b is None else self._constant(self._to.integer(b), "bound") for b in bounds
        ]
        return None if inner is None else self._add(Clip(), inner, *limits)

    def _biased(self, node: Node) -> Value | None:
        """Sums in int32 and a constant, which is as many of their smallest steps."""
        for value, other in (node.given, node.given[::-1]):
            made, bias = self._builder.producer(value), _numbers(other, self._builder)
            if bias is None or made is None or not isinstance(made.operator, Dequantize):
                continue
            axis = made.operator.axis
            sums, scale = made.given[0], self._builder.known(made.given[1])
            if scale is None or sums.type is None or sums.type.dtype is not INT32:
                continue
            if scale.size == 1 or axis == -1:
                steps = np.rint(bias.astype(np.float64) / scale).astype(np.int32)
                total = self._add(Add(), sums, self._constant(steps, "bias"))
                return self._requantized(total, scale, axis)
        return None

    def _sum(self, node: Node) -> Value | None:
        operands = [_operand(value, self._builder) for value in node.given]
        given: list[Value] = []
        for operand in operands:
            if operand is None or operand[1].scale.size != 1 or operand[1].zero.size != 1:
                return None
            source, scale, _ = operand
            factor = (scale.scale / self._to.scale.item()).astype(np.float32).reshape(())
            given += [source, self._constant(factor, "scale")]
            given.append(self._constant(scale.zero.reshape(()), "zero"))
        return self._add(AddQuantized(), *given, self._zero())

    def _chosen(self, node: Node) -> Value | None:
        count = len(node.given) if isinstance(node.operator, mv.Concat) else 1
        sources = [self.of(value) for value in node.given[:count]]
        if any(source is None for source in sources):
            return None
        return self._add(node.operator, *sources, *node.inputs[count:])

    def _zero(self) -> Value:
        return self._constant(self._to.zero, "zero")

    def _constant(self, array: Array, what: str) -> Value:
        return self._builder.constant(np.asarray(array), f"{self._name}.{what}")

    def _add(self, operator: Operator, *inputs: Value | None) -> Value:
        return self._builder.add(operator, *inputs, name=self._name)[0]
