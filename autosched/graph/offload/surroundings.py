"""What the graph around a node says: who reads it, between which bounds, by which constants."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from math import frexp
from typing import TypeVar

import numpy as np

from autosched.backends.base import Offloading
from autosched.graph.graph import Graph, Node, Value
from autosched.graph.offload.packing import Packing
from autosched.graph.offload.region import Array, Region, expect, sizes_of
from autosched.graph.operators.activation import Relu
from autosched.graph.operators.arithmetic import Clip
from autosched.graph.operators.blocks import FromBlocks, ToBlocks
from autosched.graph.operators.in_blocks import LEAST, MOST, Dividing, InBlocks
from autosched.graph.operators.pooling import MaxPool

Made = TypeVar("Made", bound=Dividing)


@cache
def _eye(block: int, factor: int) -> Array:
    return np.eye(block, dtype=np.int8) << np.int8(factor)


@dataclass(frozen=True, eq=False)
class Surroundings:
    """A bound graph, and the blocks of an accelerator."""

    graph: Graph
    offloading: Offloading

    @property
    def blocks(self) -> ToBlocks:
        """The operator that puts most images into blocks."""
        return ToBlocks(batch=self.offloading.batch, block=self.offloading.block)

    def region(
        self, nodes: list[Node], operator: InBlocks, operands: tuple[Value | Array, ...], ops: int
    ) -> Region:
        """The region of nodes whose last output is an image."""
        images, channels, *_ = sizes_of(nodes[-1].outputs[0])
        back = FromBlocks(images=images, channels=channels)
        return Region(nodes, operator, operands, ops, Packing(self.blocks), back)

    def only_reader(self, value: Value) -> Node | None:
        """The one node that reads a value; None for several, or where the caller gets it."""
        readers = self.graph.users[value]
        return readers[0] if len(readers) == 1 and value not in self.graph.outputs else None

    def bounded(self, operator: Made, following: Node | None) -> tuple[list[Node], Made]:
        """The bounds of constants from a node on, and the operator with these."""
        nodes, low, high = [], LEAST, MOST
        while following is not None:
            limits = self._limits(following)
            if limits is None:
                break
            low, high = (min(max(limit, limits[0]), limits[1]) for limit in (low, high))
            nodes.append(following)
            following = self.only_reader(following.outputs[0])
        return nodes, replace(operator, low=low, high=high)

    def least(self, value: Value) -> int:
        """A number that no element of a value is below."""
        for node in self._producers(value):
            limits = self._limits(node)
            if limits is not None:
                return limits[0]
            if not isinstance(node.operator, MaxPool):
                break
        return LEAST

    def expect_zero(self, point: Value) -> None:
        """Raise Refused unless a zero point is 0."""
        array = self.graph.constants.get(point)
        expect(array is not None and not array.any(), "a zero point is not 0")

    def shift(self, scale: Value) -> int:
        """The bits by which multiplying with a power of two shifts down. Raises Refused."""
        array = self.graph.constants.get(scale)
        expect(array is not None and array.size == 1, "it has a scale for each channel")
        assert array is not None
        mantissa, exponent = frexp(float(array.item()))
        expect(mantissa == 0.5, f"its scale, {array.item():.6g}, is no power of two")
        return 1 - exponent

    def numbers(self, value: Value, channels: int) -> Array:
        """A constant of one number, or of one for each channel. Raises Refused."""
        array = self.graph.constants.get(value)
        expect(array is not None and array.size in (1, channels), "its bias is no constant")
        assert array is not None
        return array.reshape(-1).astype(np.int64)

    def eye(self, factor: int) -> Array:
        """A block of weights that multiplies by 2**`factor`: one array for each factor."""
        return _eye(self.offloading.block, factor)

    def _limits(self, node: Node) -> tuple[int, int] | None:
        """The bounds of a ReLU or a clip by constants; None for other nodes."""
        if isinstance(node.operator, Relu):
            return 0, MOST
        if not isinstance(node.operator, Clip):
            return None
        low, high = (*node.inputs[1:], None, None)[:2]
        if any(v is not None and v not in self.graph.constants for v in (low, high)):
            return None
        return (
            LEAST if low is None else int(self.graph.constants[low].item()),
            MOST if high is None else int(self.graph.constants[high].item()),
        )

    def _producers(self, value: Value) -> Iterator[Node]:
        """The node that computes a value, then that of its first input, and so on."""
        while (node := self.graph.producers.get(value)) is not None:
            yield node
            value = node.given[0]
