"""Finds the nodes of a quantized graph that an accelerator computes at once, in blocks.

    t = conv(x, w, b, out_dtype=int32)
    q = requantize(t, 2**-s, 0)            ->     conv_blocks(x, w, b, shift=s, low=0)
    y = clip(q, 0)

Only what is the same to the bit is taken: scales that are powers of two, zero points of 0, and
sums that fit 32 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import frexp, prod
from typing import Any

import numpy as np

from autosched.backends.offloading import Offloading
from autosched.errors import GraphError
from autosched.graph.graph import Graph, Node, Value
from autosched.graph.operators.activation import Relu
from autosched.graph.operators.arithmetic import Add, Clip
from autosched.graph.operators.blocks import (
    LEAST,
    MOST,
    AddBlocks,
    ConvBlocks,
    InBlocks,
    MaxPoolBlocks,
    packed,
)
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.pooling import MaxPool
from autosched.graph.operators.quantization import AddQuantized, Requantize
from autosched.graph.operators.windows import Windows
from autosched.ir.dtype import INT32, dtype

Array = np.ndarray
INT8 = dtype("int8")

MOST_SHIFT = 14
"""Bits of a division: half of the divisor is a constant of 16 bits."""

MOST_FACTOR = 6
"""The greatest power of two that is an int8."""


class Refused(GraphError):
    """Nodes that the accelerator does not compute; the message is the reason."""


@dataclass(frozen=True, eq=False)
class Region:
    """Nodes, operands first, that are one `operator` in blocks.

    `operands` are those of the operator in order: images, which are values of the graph, and
    constants in blocks. `ops` are the operations of the nodes, without what blocks add.
    """

    nodes: list[Node]
    operator: InBlocks
    operands: tuple[Value | Array, ...]
    ops: int

    @property
    def images(self) -> list[Value]:
        """The values of the graph that it reads, each once."""
        return list(dict.fromkeys(one for one in self.operands if isinstance(one, Value)))

    @property
    def output(self) -> Value:
        return self.nodes[-1].outputs[0]


def regions(graph: Graph, offloading: Offloading) -> tuple[list[Region], dict[Node, str]]:
    """The regions of a bound graph, none with a node of another; why other nodes are in none."""
    finder = _Finder(graph, offloading)
    found: list[Region] = []
    refused: dict[Node, str] = {}
    taken: set[Node] = set()
    for node in graph.nodes:
        if node in taken:
            continue
        try:
            region = finder.region(node)
        except Refused as error:
            refused[node] = error.message
            continue
        found.append(region)
        taken.update(region.nodes)
    return found, refused


class _Finder:
    def __init__(self, graph: Graph, offloading: Offloading):
        self._graph = graph
        self._batch, self._block = offloading.batch, offloading.block

    def region(self, node: Node) -> Region:
        """The region that begins with a node. Raises Refused."""
        find = _FINDERS.get(type(node.operator))
        kind = node.outputs[0].type
        _expect(find is not None, f"there is no {node.operator.name} in blocks")
        _expect(
            all(value.type is not None and not value.type.names for value in node.given)
            and kind is not None
            and len(node.outputs) == 1,
            "its shapes are not known",
        )
        assert find is not None
        return find(self, node)

    def conv(self, node: Node) -> Region:
        operator = node.operator
        assert isinstance(operator, Conv)
        x, weight = self._factors(node, operator.out_dtype)
        _expect(operator.groups == 1, "its channels are in groups")
        _expect(operator.filler == 0, "its input's zero point is not 0")
        sizes, kernel = _sizes(x), weight.shape
        made = ConvBlocks(**_moves(operator.windows(sizes, kernel)))
        return self._product(node, made, x, weight, node.inputs[2:])

    def matmul(self, node: Node) -> Region:
        operator = node.operator
        assert isinstance(operator, MatMul)
        x, weight = self._factors(node, operator.out_dtype)
        _expect(len(_sizes(x)) == weight.ndim == 2, "it is no product of two matrices")
        _expect(not operator.transpose_a, "its left operand is transposed")
        return self._product(node, ConvBlocks(), x, weight if operator.transpose_b else weight.T)

    def sum(self, node: Node) -> Region:
        a, a_scale, a_zero, b, b_scale, b_zero, zero = node.given
        _expect_int8(a, b)
        _expect(_sizes(a) == _sizes(b) and len(_sizes(a)) > 1, "its operands differ in shape")
        for point in (a_zero, b_zero, zero):
            self._expect_zero(point)
        downs = [self._shift(scale) for scale in (a_scale, b_scale)]
        shift = max(0, *downs)
        _expect(shift - min(downs) <= MOST_FACTOR, "its operands' scales are too far apart")
        nodes, operator = self._bounded([node], AddBlocks(shift=shift))
        eyes = [self._eye(shift - down) for down in downs]
        ops = 4 * prod(_sizes(a))
        return Region(nodes, operator, (a, eyes[0], b, eyes[1]), ops)

    def max_pool(self, node: Node) -> Region:
        x, operator = node.given[0], node.operator
        assert isinstance(operator, MaxPool)
        _expect_int8(x)
        windows = operator.windows(_sizes(x))
        _expect(
            "pads" not in _moves(windows) or self._least(x) >= 0,
            "its padding is the least number, the accelerator's is 0",
        )
        made = MaxPoolBlocks(kernel=windows.kernel, **_moves(windows))
        nodes, bounded = self._bounded([node], made)
        ops = prod(_sizes(node.outputs[0])) * prod(windows.kernel)
        return Region(nodes, bounded, (x, self._eye(0)), ops)

    def bound(self, node: Node) -> Region:
        """A bound alone: the greatest of a window of one point."""
        x = node.given[0]
        _expect_int8(x)
        space = len(_sizes(x)) - 2
        _expect(space > 0, "it is no image")
        made = MaxPoolBlocks(kernel=(1,) * space)
        nodes, bounded = self._bounded([], made, node)
        _expect(bool(nodes), "its bounds are not constants")
        return Region(nodes, bounded, (x, self._eye(0)), prod(_sizes(x)))

    def _factors(self, node: Node, out: Any) -> tuple[Value, Array]:
        """The image of a product, and its constant weights."""
        x, weight = node.given[:2]
        _expect_int8(x, weight)
        _expect(out is INT32, "its sums are no int32")
        _expect(weight in self._graph.constants, "its weights are no constant")
        _expect(x not in self._graph.constants, "it is a constant")
        return x, self._graph.constants[weight]

    def _product(
        self,
        node: Node,
        operator: ConvBlocks,
        x: Value,
        weight: Array,
        biases: Sequence[Value | None] = (),
    ) -> Region:
        """The region of a product, with what is added to its sums and how these are divided."""
        bias = np.zeros(weight.shape[0], np.int64)
        nodes, following = [node], self._only_reader(node.outputs[0])
        added = [value for value in biases if value is not None]
        if following is not None and isinstance(following.operator, Add):
            added += [value for value in following.given if value is not node.outputs[0]]
            nodes.append(following)
            following = self._only_reader(following.outputs[0])
        for value in added:
            array = self._graph.constants.get(value)
            _expect(array is not None and array.size in (1, bias.size), "its bias is no constant")
            assert array is not None
            bias += array.reshape(-1)
        _expect(
            following is not None and isinstance(following.operator, Requantize),
            "its sums are not quantized, or by several",
        )
        assert following is not None
        assert isinstance(following.operator, Requantize)
        _, scale, zero = following.given
        _expect(following.operator.to is INT8, f"its result is {following.operator.to}, not int8")
        self._expect_zero(zero)
        shift = self._shift(scale)
        _expect(0 <= shift <= MOST_SHIFT, f"its sums are divided by 2**{shift}")
        nodes, bounded = self._bounded([*nodes, following], replace(operator, shift=shift))
        bias += bounded.half
        _check_sums(weight, bias)
        rows = np.repeat(bias.astype(np.int32)[None], self._batch, axis=0)
        operands = (
            x,
            packed(weight, self._block, self._block),
            packed(rows, self._batch, self._block)[0],
        )
        taps = prod(weight.shape[1:])
        return Region(nodes, bounded, operands, 2 * taps * prod(_sizes(node.outputs[0])))

    def _bounded(
        self, nodes: list[Node], operator: InBlocks, following: Node | None = None
    ) -> tuple[list[Node], InBlocks]:
        """The nodes, and the bounds after the last of them, by default; the operator with these."""
        nodes, low, high = list(nodes), LEAST, MOST
        if following is None:
            following = self._only_reader(nodes[-1].outputs[0])
        while following is not None:
            limits = self._limits(following)
            if limits is None:
                break
            low = min(max(low, limits[0]), limits[1])
            high = min(max(high, limits[0]), limits[1])
            nodes.append(following)
            following = self._only_reader(following.outputs[0])
        return nodes, replace(operator, low=low, high=high)

    def _limits(self, node: Node) -> tuple[int, int] | None:
        """The bounds of a ReLU or a clip by constants; None for other nodes."""
        if isinstance(node.operator, Relu):
            return 0, MOST
        if not isinstance(node.operator, Clip):
            return None
        given = (*node.inputs[1:], None, None)[:2]
        known = [None if value is None else self._graph.constants.get(value) for value in given]
        if any(v is not None and k is None for v, k in zip(given, known, strict=True)):
            return None
        low, high = known
        return (
            LEAST if low is None else int(low.item()),
            MOST if high is None else int(high.item()),
        )

    def _least(self, value: Value) -> int:
        """A number that no element of a value is below."""
        for node in self._producers(value):
            limits = self._limits(node)
            if limits is not None:
                return limits[0]
            if not isinstance(node.operator, MaxPool):
                break
        return LEAST

    def _producers(self, value: Value) -> Iterator[Node]:
        """The node that computes a value, then that of its first input, and so on."""
        while (node := self._graph.producers.get(value)) is not None:
            yield node
            value = node.given[0]

    def _only_reader(self, value: Value) -> Node | None:
        readers = self._graph.users[value]
        return readers[0] if len(readers) == 1 and value not in self._graph.outputs else None

    def _expect_zero(self, point: Value) -> None:
        array = self._graph.constants.get(point)
        _expect(array is not None and not array.any(), "a zero point is not 0")

    def _shift(self, scale: Value) -> int:
        """The bits by which multiplying with a power of two shifts down. Raises Refused."""
        array = self._graph.constants.get(scale)
        _expect(array is not None and array.size == 1, "it has a scale for each channel")
        assert array is not None
        mantissa, exponent = frexp(float(array.item()))
        _expect(mantissa == 0.5, f"its scale, {array.item():.6g}, is no power of two")
        return 1 - exponent

    def _eye(self, factor: int) -> Array:
        """A block of weights that multiplies by 2**`factor`."""
        return np.eye(self._block, dtype=np.int8) << np.int8(factor)


_FINDERS: dict[type[Operator], Callable[[_Finder, Node], Region]] = {
    Conv: _Finder.conv,
    MatMul: _Finder.matmul,
    AddQuantized: _Finder.sum,
    MaxPool: _Finder.max_pool,
    Relu: _Finder.bound,
    Clip: _Finder.bound,
}
"""By the operator of the first node of a region."""


def _check_sums(weight: Array, bias: Array) -> None:
    """Raise Refused where sums may exceed 32 bits."""
    axes = tuple(range(1, weight.ndim))
    most = np.abs(weight.astype(np.int64)).sum(axis=axes) * -LEAST + np.abs(bias)
    _expect(int(most.max()) < 1 << 30, "its sums may exceed 31 bits")


def _moves(windows: Windows) -> dict[str, Any]:
    """How windows move, as the attributes that are not at their defaults."""
    pads = (*windows.before, *windows.reach)
    return {
        **({"strides": windows.strides} if max(windows.strides, default=1) > 1 else {}),
        **({"pads": pads} if any(pads) else {}),
        **({"dilations": windows.dilations} if max(windows.dilations, default=1) > 1 else {}),
    }


def _sizes(value: Value) -> tuple[int, ...]:
    assert value.type is not None, "the types of a bound graph are known"
    return value.type.sizes


def _expect_int8(*values: Value) -> None:
    for value in values:
        assert value.type is not None, "the types of a bound graph are known"
        _expect(value.type.dtype is INT8, f"{value.name} is {value.type.dtype}, not int8")


def _expect(holds: bool, reason: str) -> None:
    if not holds:
        raise Refused(reason)
