"""Nodes of a quantized graph that an accelerator computes at once, in blocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Node, Value
from autosched.graph.offload.packing import Packing
from autosched.graph.operators.blocks import INT8, FromBlocks, FromPlanes, ToBlocks
from autosched.graph.operators.in_blocks import InBlocks
from autosched.graph.types import TensorType

Array = np.ndarray


class Refused(GraphError):
    """Nodes that the accelerator does not compute; the message is the reason."""


@dataclass(frozen=True, eq=False)
class Region:
    """Nodes, operands first, that are one `operator` in blocks.

    `operands` are those of the operator in order: images, which are values of the graph, and
    constants in blocks. `ops` are the operations of the nodes, without what blocks add. `packing`
    puts the images into blocks; `unpacking`, of sums with a `bias`, gives the output. `note` is
    for the report.
    """

    nodes: list[Node]
    operator: InBlocks
    operands: tuple[Value | Array, ...]
    ops: int
    packing: Packing
    unpacking: FromBlocks | FromPlanes
    bias: Array | None = None
    note: str = ""

    @property
    def images(self) -> list[Value]:
        """The values of the graph that it reads, each once."""
        return list(dict.fromkeys(one for one in self.operands if isinstance(one, Value)))

    @property
    def output(self) -> Value:
        return self.nodes[-1].outputs[0]

    @property
    def blocks(self) -> TensorType:
        """The type of what the operator gives."""
        kinds = (
            self.packing.infer(known_type(one)) if isinstance(one, Value) else TensorType.of(one)
            for one in self.operands
        )
        found = self.operator.infer(*kinds)
        assert isinstance(found, TensorType), "operators in blocks have one output"
        return found

    @property
    def layout(self) -> Packing | None:
        """The packing that its output needs no more; None if its output is no image in blocks."""
        given = self.packing.blocks
        plain = Packing(ToBlocks(batch=given.batch, block=given.block))
        return plain if isinstance(self.unpacking, FromBlocks) else None


def known_type(value: Value) -> TensorType:
    """The type of a value of a bound graph."""
    assert value.type is not None, "the types of a bound graph are known"
    return value.type


def sizes_of(value: Value) -> tuple[int, ...]:
    """The shape of a value of a bound graph."""
    return known_type(value).sizes


def expect(holds: bool, reason: str) -> None:
    """Raise Refused with the reason unless it holds."""
    if not holds:
        raise Refused(reason)


def expect_int8(*values: Value) -> None:
    """Raise Refused unless all values are int8."""
    for value in values:
        element = known_type(value).dtype
        expect(element is INT8, f"{value.name} is {element}, not int8")
