"""Finds the regions of a quantized graph: what an accelerator computes to the bit."""

from __future__ import annotations

from collections.abc import Callable

from autosched.backends.base import Offloading
from autosched.graph.graph import Graph, Node
from autosched.graph.offload.images import bound, max_pool, sum_of_two
from autosched.graph.offload.products import conv, matmul
from autosched.graph.offload.region import Refused, Region, expect
from autosched.graph.offload.surroundings import Surroundings
from autosched.graph.operators.activation import Relu
from autosched.graph.operators.arithmetic import Clip
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.convolution import Conv
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.pooling import MaxPool
from autosched.graph.operators.quantization import AddQuantized

FINDERS: dict[type[Operator], Callable[[Surroundings, Node], Region]] = {
    Conv: conv,
    MatMul: matmul,
    AddQuantized: sum_of_two,
    MaxPool: max_pool,
    Relu: bound,
    Clip: bound,
}
"""What finds the region that begins with a node, by the operator of that."""


def regions(graph: Graph, offloading: Offloading) -> tuple[list[Region], dict[Node, str]]:
    """The regions of a bound graph, none with a node of another; why other nodes are in none."""
    around = Surroundings(graph, offloading)
    found: list[Region] = []
    refused: dict[Node, str] = {}
    taken: set[Node] = set()
    for node in graph.nodes:
        if node in taken:
            continue
        try:
            region = _region(around, node)
        except Refused as error:
            refused[node] = error.message
            continue
        found.append(region)
        taken.update(region.nodes)
    return found, refused


def _region(around: Surroundings, node: Node) -> Region:
    """The region that begins with a node. Raises Refused."""
    find = FINDERS.get(type(node.operator))
    if find is None:
        raise Refused(f"there is no {node.operator.name} in blocks")
    values = (*node.given, *node.outputs)
    is_known = all(value.type is not None and not value.type.names for value in values)
    expect(is_known and len(node.outputs) == 1, "its shapes are not known")
    return find(around, node)
