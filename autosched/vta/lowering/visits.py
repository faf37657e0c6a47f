"""When each leaf is visited, and what the loops' variables are then: all visits at once.

Loops have constant extents, so the place of a visit among all of them is affine in the
loops around it, and nothing has to be run to know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from autosched.analysis.linear import Linear
from autosched.errors import LoweringError
from autosched.ir.buffer import Buffer
from autosched.ir.expr import Var
from autosched.vta.lowering.forms import Env, evaluate
from autosched.vta.lowering.outline import Leaf, Loop, Node, Region, Repeat, Sequence
from autosched.vta.lowering.storage import Storage

Array = np.ndarray[Any, np.dtype[np.int64]]

MOST_VISITS = 1 << 21
"""All are in memory at once, some 300 bytes each; a layer has thousands."""


@dataclass(slots=True)
class Visits:
    """Some visits of a leaf: `order` rises with time, among all leaves; `env` has arrays that
    broadcast to `shape`.
    """

    order: Array
    shape: tuple[int, ...]
    env: Env

    def values(self, linear: Linear) -> Array:
        """What `linear` is in each visit."""
        return self.spread(evaluate(linear, self.env))

    def spread(self, values: Any) -> Array:
        """What broadcasts to the visits, one for each."""
        return np.broadcast_to(np.asarray(values, np.int64), self.shape).reshape(-1)


@dataclass(frozen=True, slots=True)
class _Around:
    """A loop around a node: how many visits lie between two of its values."""

    var: Var
    extent: int
    pitch: int


_Turns = dict[Var, tuple[int, list[_Around]]]
"""For each variable of turns, how many copies take them, and the loops around those."""


class Calendar:
    """Of a tree of nodes, the visits of each leaf; `own` are a leaf's loops that are walked.

    A leaf has a list of them for each time it is walked, one after the other. Raises
    LoweringError where there are more than `MOST_VISITS`.
    """

    def __init__(
        self, root: Node, own: dict[Leaf, list[list[Loop]]], storages: dict[Buffer, Storage]
    ):
        self.visits: dict[Leaf, list[Visits]] = {}
        self._own = own
        self._storages = storages
        self._sizes: dict[Node, int] = {}
        count = self._size(root)
        if count > MOST_VISITS:
            raise LoweringError(
                f"expected statements to run at most {MOST_VISITS} times on the accelerator, got "
                f"{count}",
                hint="compute larger tiles, so that an instruction does more",
            )
        self._place(root, 0, [], {})

    def _size(self, node: Node) -> int:
        """How many visits there are in `node`."""
        match node:
            case Leaf():
                size = sum(prod(extent for _, extent in loops) for loops in self._own[node])
            case Sequence():
                size = sum(map(self._size, node.items))
            case Repeat():
                size = node.extent * self._size(node.body)
            case Region():
                size = self._size(node.body)
        self._sizes[node] = size
        return size

    def _place(self, node: Node, first: int, around: list[_Around], turns: _Turns) -> None:
        match node:
            case Leaf():
                self.visits[node] = []
                for loops in self._own[node]:
                    self.visits[node].append(_visits(first, [*around, *_pitched(loops)], turns))
                    first += prod(extent for _, extent in loops)
            case Sequence():
                for item in node.items:
                    self._place(item, first, around, turns)
                    first += self._sizes[item]
            case Repeat():
                loop = _Around(node.var, node.extent, self._sizes[node.body])
                self._place(node.body, first, [*around, loop], turns)
            case Region():
                for storage in {self._storages[buffer] for buffer in node.buffers}:
                    if storage.turn is not None and storage.owner is node:
                        turns[storage.turn] = (storage.copies, around)
                self._place(node.body, first, around, turns)


def _pitched(loops: list[Loop]) -> list[_Around]:
    """A leaf's own loops, the last of them the fastest."""
    found: list[_Around] = []
    pitch = 1
    for var, extent in reversed(loops):
        found.insert(0, _Around(var, extent, pitch))
        pitch *= extent
    return found


def _visits(first: int, around: list[_Around], turns: _Turns) -> Visits:
    shape = tuple(loop.extent for loop in around)
    env: Env = {}
    order: Any = first
    for axis, loop in enumerate(around):
        value = np.arange(loop.extent).reshape(-1, *[1] * (len(around) - axis - 1))
        env[loop.var] = value
        order = order + value * loop.pitch
    visits = Visits(np.zeros(0, np.int64), shape, env)
    visits.order = visits.spread(order)
    for turn, (copies, loops) in turns.items():
        if all(loop.var in env for loop in loops):
            entered: Any = 0
            for loop in loops:
                entered = entered * loop.extent + env[loop.var]
            env[turn] = entered % copies
    return visits
