"""A graph of stages: what it computes, values for its inputs, and what is known of its tensors."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np

from autosched import te
from autosched.ir.rewrite import substitute
from autosched.te.dag import inputs, topological_order
from tests.fuzz.graphs.indices import Dim
from tests.fuzz.graphs.values import Value


@dataclass(frozen=True, eq=False)
class Node:
    """A tensor, the extents of its shape, and what is known of its elements."""

    tensor: te.Tensor
    dims: tuple[Dim, ...]
    known: Value


@dataclass(eq=False)
class Graph:
    """Outputs to compute, the values of symbolic sizes, and what is known of all tensors."""

    outputs: list[te.Tensor]
    sizes: dict[Any, int]
    nodes: dict[te.Tensor, Node] = field(default_factory=dict)

    @property
    def args(self) -> list[te.Tensor]:
        return [*inputs(self.outputs), *self.outputs]

    @property
    def tells_its_sizes(self) -> bool:
        """Every symbolic size is an extent of some argument, so that a caller needs not give it."""
        extents = {extent for tensor in self.args for extent in tensor.shape}
        return extents >= self.sizes.keys()

    @property
    def points(self) -> int:
        """How many elements are computed or added up, in all stages."""
        ops = topological_order(self.outputs)
        return sum(
            prod(self.extent(axis.extent) for axis in (*op.axis, *op.reduce_axis)) for op in ops
        )

    def extent(self, expr: Any) -> int:
        """The value of an extent."""
        return int(substitute(expr, self.sizes).value)  # type: ignore[attr-defined]

    @property
    def is_special(self) -> bool:
        """Some value is infinite or NaN."""
        return any(node.known.special for node in self.nodes.values())

    def is_exact(self, tensor: te.Tensor) -> bool:
        return self.nodes[tensor].known.exact

    def arrays(self, seed: int) -> dict[te.Tensor, np.ndarray]:
        """Values for the inputs."""
        random = np.random.default_rng(seed)
        given = inputs(self.outputs)
        return {each: np.asarray(self._array(self.nodes[each], random)) for each in given}

    def _array(self, node: Node, random: np.random.Generator) -> np.ndarray:
        shape = [dim.value for dim in node.dims]
        known, kind = node.known, node.tensor.dtype
        if kind.is_bool:
            return random.integers(0, 2, shape).astype(bool)
        if not kind.is_float:
            limits = np.iinfo(kind.numpy)
            wide = random.integers(limits.min, limits.max, shape, dtype=kind.numpy, endpoint=True)
            small = random.integers(0, 4, shape).astype(kind.numpy)
            return np.where(random.random(shape) < 0.3, wide, small)
        values = random.integers(-known.units, known.units + 1, shape) * 2.0**known.quantum
        if known.special:
            odd = random.choice([np.inf, -np.inf, np.nan], shape)
            values = np.where(random.random(shape) < 0.1, odd, values)
        if kind.kind == "bfloat":
            return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        return values.astype(kind.numpy)


def shown(graph: Graph) -> str:
    """The stages of a graph, a line each."""
    lines = [f"outputs {graph.outputs}, sizes {graph.sizes}"]
    for op in topological_order(graph.outputs):
        bodies = ", ".join(str(body) for body in getattr(op, "bodies", ()))
        lines.append(f"  {', '.join(map(str, op.outputs))} = {bodies}")
    return "\n".join(lines)
