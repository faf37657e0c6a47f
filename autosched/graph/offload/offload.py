"""Takes what an accelerator computes out of a quantized graph, and puts it into blocks.

    t = conv(x, w, b, out_dtype=int32)          i = to_blocks(x)
    q = requantize(t, 2**-s, 0)            ->   o = conv_blocks(i, w', b', shift=s, low=0)
    y = clip(q, 0)                              y = from_blocks(o)

Which regions the accelerator computes is the cheapest choice for the whole graph; an image that
stays in blocks between two of them is not moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

from autosched.backends.base import Backend, Offloading
from autosched.errors import CodegenError, LoweringError, WorkloadError
from autosched.graph.graph import Graph, Node, Value, without_unused
from autosched.graph.infer import TypedBuilder
from autosched.graph.kernels import Kernels
from autosched.graph.offload.choice import Prices, cheapest
from autosched.graph.offload.costs import Costs
from autosched.graph.offload.packing import Packing
from autosched.graph.offload.region import Region
from autosched.graph.offload.regions import regions
from autosched.graph.operators.operator import Operator
from autosched.text import duration


class Offload:
    """The pass for an accelerator. `reasons` says where it puts each node and why, by its name."""

    def __init__(self, backend: Backend, offloading: Offloading, kernels: Kernels):
        self.reasons: dict[str, str] = {}
        self._costs = Costs(backend, offloading, kernels)
        self._offloading = offloading

    def __call__(self, graph: Graph) -> Graph:
        found, refused = regions(graph, self._offloading)
        prices: Prices = {}
        for region in found:
            try:
                there_ns = self._costs.there_ns(region)
            except (WorkloadError, LoweringError, CodegenError) as error:
                refused.update(dict.fromkeys(region.nodes, error.message))
            else:
                prices[region] = ceil(there_ns), ceil(self._costs.here_ns(region))
        for node, reason in refused.items():
            self.reasons[node.name] = reason
        for region, (there_ns, here_ns) in prices.items():
            times = f"{duration(there_ns)} there, {duration(here_ns)} here{region.note}"
            self.reasons.update({node.name: times for node in region.nodes})
        chosen = cheapest(graph, prices, self._costs)
        return _Rewriting(graph, chosen, self.reasons).graph() if chosen else graph


class _Rewriting:
    """Builds the graph with some regions in blocks."""

    def __init__(self, graph: Graph, chosen: Iterable[Region], reasons: dict[str, str]):
        self._old = graph
        self._reasons = reasons
        self._builder = TypedBuilder(graph.name)
        self._plain: dict[Value, Value] = {}
        self._blocks: dict[tuple[Value, Packing], Value] = {}
        self._results: dict[Value, tuple[Region, Value]] = {}
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
                self._copy(node)
        outputs = [self._as_plain(value) for value in self._old.outputs]
        return without_unused(self._builder.build(outputs))

    def _copy(self, node: Node) -> None:
        given = [None if value is None else self._as_plain(value) for value in node.inputs]
        self._plain.update(zip(node.outputs, self._builder.copy(node, given), strict=True))

    def _add(self, region: Region) -> None:
        name = region.output.name
        operands = [
            self._in_blocks(one, region.packing)
            if isinstance(one, Value)
            else self._builder.constant(one, f"{name}.constant")
            for one in region.operands
        ]
        (made,) = self._builder.add(
            region.operator, *operands, name=region.nodes[0].name, outputs=[f"{name}.blocks"]
        )
        self._results[region.output] = region, made
        if region.layout is not None:
            self._blocks[region.output, region.layout] = made

    def _in_blocks(self, value: Value, packing: Packing) -> Value:
        key = value, packing
        if key not in self._blocks:
            image = self._as_plain(value)
            for operator in packing.operators:
                image = self._moved(operator, [image], f"{value.name}.blocks")
            self._blocks[key] = image
        return self._blocks[key]

    def _as_plain(self, value: Value) -> Value:
        if value not in self._plain:
            region, blocks = self._results[value]
            given = [blocks]
            if region.bias is not None:
                given.append(self._builder.constant(region.bias, f"{value.name}.bias"))
            self._plain[value] = self._moved(region.unpacking, given, value.name)
        return self._plain[value]

    def _moved(self, operator: Operator, given: Sequence[Value], output: str) -> Value:
        name = f"{output}.moved"
        self._reasons[name] = "it moves an image between the two"
        return self._builder.add(operator, *given, name=name, outputs=[output])[0]
