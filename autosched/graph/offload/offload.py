"""Takes what an accelerator computes out of a quantized graph, and puts it into blocks.

    t = conv(x, w, b, out_dtype=int32)          i = to_blocks(x)
    q = requantize(t, 2**-s, 0)            ->   o = conv_blocks(i, w', b', shift=s, low=0)
    y = clip(q, 0)                              y = from_blocks(o)

Which regions the accelerator computes is the cheapest choice for the whole graph: a minimum cut,
whose edges are the times of programs, of the host, and of moving images in and out of blocks. An
image that stays in blocks between two regions is not moved.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import ceil

from autosched.backends.base import Backend
from autosched.backends.offloading import Offloading
from autosched.errors import CodegenError, LoweringError, WorkloadError
from autosched.graph.graph import Graph, Value, without_unused
from autosched.graph.infer import TypedBuilder
from autosched.graph.kernels import Kernels
from autosched.graph.offload.costs import Costs
from autosched.graph.offload.cut import NEVER, source_side
from autosched.graph.offload.regions import Region, regions
from autosched.graph.operators.blocks import FromBlocks
from autosched.graph.operators.operator import Operator
from autosched.text import duration

THERE, HERE = "accelerator", "host"
"""The two sides of the cut."""


def offload_for(backend: Backend, kernels: Kernels) -> Offload | None:
    """The pass for a target; None where it computes all that it is given."""
    offloading = backend.offloading
    return None if offloading is None else Offload(backend, offloading, kernels)


class Offload:
    """The pass for an accelerator. `reasons` says where it puts each node and why, by its name."""

    def __init__(self, backend: Backend, offloading: Offloading, kernels: Kernels):
        self.reasons: dict[str, str] = {}
        self._costs = Costs(backend, offloading, kernels)
        self._offloading = offloading

    def __call__(self, graph: Graph) -> Graph:
        found, refused = regions(graph, self._offloading)
        prices: dict[Region, tuple[int, int]] = {}
        for region in found:
            try:
                there_ns = self._costs.there_ns(region)
            except (WorkloadError, LoweringError, CodegenError) as error:
                refused.update(dict.fromkeys(region.nodes, error.message))
            else:
                prices[region] = ceil(there_ns), ceil(self._costs.here_ns(region))
        chosen = self._cheapest(graph, prices)
        for node, reason in refused.items():
            self.reasons[node.name] = reason
        for region, (there_ns, here_ns) in prices.items():
            times = f"{duration(there_ns)} there, {duration(here_ns)} here"
            for node in region.nodes:
                self.reasons[node.name] = times
        return _Rewriting(graph, chosen, self._costs, self.reasons).graph() if chosen else graph

    def _cheapest(self, graph: Graph, prices: dict[Region, tuple[int, int]]) -> list[Region]:
        """The regions that the accelerator computes."""
        edges: dict[tuple[object, object], float] = {}
        region_of = {node: region for region in prices for node in region.nodes}
        for region, (there_ns, here_ns) in prices.items():
            edges[region, HERE] = there_ns
            edges[THERE, region] = here_ns
        images = dict.fromkeys(
            value for region in prices for value in (*region.images, region.output)
        )
        for image in images:
            made = graph.producers.get(image)
            source = HERE if made is None else region_of.get(made, HERE)
            users = graph.users[image]
            readers = dict.fromkeys(region_of.get(user, HERE) for user in users)
            if image in graph.outputs:
                readers[HERE] = None
            moved = ceil(self._costs.packing_ns(image))
            into, out = ("into", image), ("out", image)
            edges[into, source] = edges[source, out] = moved
            for reader in readers:
                edges[reader, into] = edges[out, reader] = NEVER
        there = source_side(edges, THERE, HERE)
        return [region for region in prices if region in there]


class _Rewriting:
    """Builds the graph with some regions in blocks."""

    def __init__(
        self, graph: Graph, chosen: Iterable[Region], costs: Costs, reasons: dict[str, str]
    ):
        self._old = graph
        self._costs = costs
        self._reasons = reasons
        self._builder = TypedBuilder(graph.name)
        self._plain: dict[Value, Value] = {}
        self._blocks: dict[Value, Value] = {}
        self._last = {region.nodes[-1]: region for region in chosen}
        self._inside = {node for region in self._last.values() for node in region.nodes}

    def graph(self) -> Graph:
        for value in self._old.inputs:
            self._plain[value] = self._builder.input(value.name, value.type)
        for value, array in self._old.constants.items():
            self._plain[value] = self._builder.constant(array, value.name, value.type)
        for node in self._old.nodes:
            if node in self._last:
                self._add(self._last[node])
            elif node not in self._inside:
                given = [None if value is None else self._as_plain(value) for value in node.inputs]
                made = self._builder.copy(node, given)
                self._plain.update(zip(node.outputs, made, strict=True))
        outputs = [self._as_plain(value) for value in self._old.outputs]
        return without_unused(self._builder.build(outputs))

    def _add(self, region: Region) -> None:
        name = region.output.name
        operands = [
            self._in_blocks(one)
            if isinstance(one, Value)
            else self._builder.constant(one, f"{name}.constant")
            for one in region.operands
        ]
        made = self._builder.add(
            region.operator, *operands, name=region.nodes[0].name, outputs=[f"{name}.blocks"]
        )
        self._blocks[region.output] = made[0]

    def _in_blocks(self, value: Value) -> Value:
        if value not in self._blocks:
            name, plain = f"{value.name}.blocks", self._as_plain(value)
            self._blocks[value] = self._moved(self._costs.packing, plain, name)
        return self._blocks[value]

    def _as_plain(self, value: Value) -> Value:
        if value not in self._plain:
            assert value.type is not None, "the types of a bound graph are known"
            images, channels, *_ = value.type.sizes
            back = FromBlocks(images=images, channels=channels)
            self._plain[value] = self._moved(back, self._blocks[value], value.name)
        return self._plain[value]

    def _moved(self, operator: Operator, image: Value, name: str) -> Value:
        (made,) = self._builder.add(operator, image, name=name)
        self._reasons[made.name] = "it moves an image between the two"
        return made
