"""Chooses the regions that the accelerator computes: the cheapest for a whole graph.

It is a minimum cut. The side of the source is the accelerator; a region costs its program there,
and the time of the host here. Images cost the time to move them into and out of blocks, once for
all who read them; an image that one region gives and another reads need not be moved.
"""

from __future__ import annotations

from math import ceil

from autosched.graph.graph import Graph, Value
from autosched.graph.offload.costs import Costs
from autosched.graph.offload.cut import NEVER, source_side
from autosched.graph.offload.packing import Packing
from autosched.graph.offload.region import Region

THERE, HERE = "accelerator", "host"
"""The source and the sink."""

Prices = dict[Region, tuple[int, int]]
"""The nanoseconds of each region there and here."""


def cheapest(graph: Graph, prices: Prices, costs: Costs) -> list[Region]:
    """The regions to compute in the accelerator."""
    if not prices:
        return []
    edges: dict[tuple[object, object], float] = {}
    for region, (there_ns, here_ns) in prices.items():
        edges[region, HERE] = there_ns
        edges[THERE, region] = here_ns
    made = {region.output: region for region in prices}
    for (image, packing), readers in _read_in_blocks(prices).items():
        source = made.get(image)
        stays = source is not None and source.layout == packing
        into = "into", image, packing
        edges[into, source if stays else HERE] = ceil(costs.packing_ns(image, packing))
        for reader in readers:
            edges[reader, into] = NEVER
    for region in prices:
        out = "out", region
        edges[region, out] = ceil(costs.unpacking_ns(region))
        for other in _readers(graph, prices, region):
            edges[out, other] = NEVER
    there = source_side(edges, THERE, HERE)
    return [region for region in prices if region in there]


def _read_in_blocks(prices: Prices) -> dict[tuple[Value, Packing], list[Region]]:
    """The regions that read each image, by how it is put into blocks."""
    found: dict[tuple[Value, Packing], list[Region]] = {}
    for region in prices:
        for image in region.images:
            found.setdefault((image, region.packing), []).append(region)
    return found


def _readers(graph: Graph, prices: Prices, region: Region) -> list[Region | str]:
    """The regions that may read the output in blocks, and the host if it reads it in any case."""
    region_of = {node: other for other in prices for node in other.nodes}
    readers: list[Region | str] = [HERE] if region.output in graph.outputs else []
    for user in graph.users[region.output]:
        other = region_of.get(user)
        stays = other is not None and other.packing == region.layout
        readers.append(other if other is not None and stays else HERE)
    return readers
