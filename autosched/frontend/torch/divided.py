"""A PyTorch program in parts: those that are compiled, and those that PyTorch runs.

    a -> X -> Y -> b -> Z        a -> [X, Y] -> b -> [Z]       X, Y and Z are not supported

A node goes with those not supported that it depends on, unless something supported lies between.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from autosched.frontend.torch.supported import tensors_of
from autosched.frontend.torch.tensors import torch_package

if TYPE_CHECKING:
    from torch.fx import GraphModule, Node

Program = Callable[..., Sequence[Any]]
"""What computes the results of a graph from its arguments."""


@dataclass(frozen=True)
class Part:
    """Nodes as a program of their own: `given` are its arguments, `made` its results."""

    module: GraphModule
    given: list[Node]
    made: list[Node]
    is_compiled: bool


class Divided:
    """What runs the parts of a program one after another: a function of its arguments.

    `compiled` makes the program of a part that has no node of `refused`.
    """

    def __init__(
        self,
        module: GraphModule,
        refused: Collection[Node],
        compiled: Callable[[Part], Program],
    ):
        self._inputs = list(module.graph.find_nodes(op="placeholder"))
        self._outputs = list(module.graph.find_nodes(op="output")[0].args[0])
        parts = parts_of(module, refused)
        self._steps: list[tuple[Part, Program, list[Node]]] = [
            (part, compiled(part) if part.is_compiled else part.module, self._last(parts[n:]))
            for n, part in enumerate(parts)
        ]

    @property
    def is_compiled(self) -> bool:
        """Whether there is a part that is compiled."""
        return any(part.is_compiled for part, *_ in self._steps)

    def __call__(self, *arguments: Any) -> list[Any]:
        known = dict(zip(self._inputs, arguments, strict=True))
        for part, run, unused in self._steps:
            results = run(*(known[node] for node in part.given))
            known.update(zip(part.made, results, strict=True))
            for node in unused:
                del known[node]
        return [known.get(result, result) for result in self._outputs]

    def _last(self, parts: Sequence[Part]) -> list[Node]:
        """The values that the first of the parts is the last to read."""
        later = {*self._outputs, *(node for part in parts[1:] for node in part.given)}
        return [node for node in parts[0].given if node not in later]


def parts_of(module: GraphModule, refused: Collection[Node]) -> list[Part]:
    """The parts of a program, in the order in which they run."""
    levels = _levels(module, refused)
    return [_part(module, levels, level) for level in sorted(set(levels.values()))]


def _levels(module: GraphModule, refused: Collection[Node]) -> dict[Node, int]:
    """How often what leads to each node goes in and out of PyTorch; odd for those in it.

    Random numbers are drawn in the order of the program.
    """
    levels: dict[Node, int] = {}
    drawn = 0
    calls = [node for node in module.graph.nodes if node.op == "call_function"]
    for node in calls:
        level = max((levels.get(source, 0) for source in node.all_input_nodes), default=0)
        if node in refused:
            level += level % 2 == 0
            if _is_random(node):
                level = drawn = max(level, drawn)
        elif tensors_of(node) and node.target is not operator.getitem:
            level += level % 2
        levels[node] = level
    for node in reversed(calls):
        if not node.all_input_nodes and node not in refused and node.users:
            levels[node] = min(levels.get(user, 0) for user in node.users)
    return levels


def _is_random(node: Node) -> bool:
    tags = getattr(node.target, "tags", ())
    return torch_package().Tag.nondeterministic_seeded in tags


def _part(module: GraphModule, levels: dict[Node, int], level: int) -> Part:
    from torch.fx import Graph, GraphModule

    graph, copies = Graph(), {}
    members = [node for node, own in levels.items() if own == level]
    read = dict.fromkeys(source for node in members for source in node.all_input_nodes)
    given = [node for node in read if node.op != "get_attr" and levels.get(node) != level]
    for node in given:
        copies[node] = graph.placeholder(node.name)
        copies[node].meta = dict(node.meta)
    for node in (*(node for node in read if node.op == "get_attr"), *members):
        copies[node] = graph.node_copy(node, copies.__getitem__)
    made = [node for node in members if any(levels.get(user) != level for user in node.users)]
    graph.output([copies[node] for node in made])
    return Part(GraphModule(module, graph), given, made, is_compiled=level % 2 == 0)
