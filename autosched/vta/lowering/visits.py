"""The visits of each leaf: their order, and the values of the loop variables, as arrays.

Loops have constant extents, so the number of a visit among all visits is affine in the loops
around the leaf, and no loop has to run to know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from autosched.analysis.linear import Linear
from autosched.errors import LoweringError
from autosched.ir.expr import Buffer, Var
from autosched.vta.lowering.forms import Env, evaluate
from autosched.vta.lowering.outline import Leaf, Loop, Node, Region, Repeat, Sequence
from autosched.vta.lowering.storage import Storage

Array = np.ndarray[Any, np.dtype[np.int64]]

MOST_VISITS = 1 << 21
"""A limit on memory: a visit takes some 300 bytes. A layer has thousands."""


@dataclass(slots=True)
class Visits:
    """The visits of a leaf.

    `order` has their numbers among the visits of all leaves. The arrays of `env` broadcast to
    `shape`, an axis for each loop.
    """

    order: Array
    shape: tuple[int, ...]
    env: Env

    def values(self, linear: Linear) -> Array:
        """Return the value of `linear` in each visit."""
        return self.per_visit(evaluate(linear, self.env))

    def per_visit(self, values: Any) -> Array:
        """`values` broadcast to one for each visit."""
        return np.broadcast_to(np.asarray(values, np.int64), self.shape).reshape(-1)


@dataclass(frozen=True, slots=True)
class _Around:
    """A loop around a node; `pitch` is how many visits one iteration has."""

    var: Var
    extent: int
    pitch: int


_Copies = dict[Var, tuple[int, list[_Around]]]
"""For each variable that counts copies of a buffer: how many there are, and the loops around."""


class VisitTable:
    """The visits of each leaf of a tree of nodes.

    `own` are the loops of a leaf that run in Python, a list for each of its visitors, which come
    one after the other. Raises LoweringError where there are more than `MOST_VISITS` visits.
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
        """Return the number of visits in `node`."""
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

    def _place(self, node: Node, first: int, around: list[_Around], copies_of: _Copies) -> None:
        match node:
            case Leaf():
                self.visits[node] = []
                for loops in self._own[node]:
                    self.visits[node].append(_visits(first, [*around, *_pitched(loops)], copies_of))
                    first += prod(extent for _, extent in loops)
            case Sequence():
                for item in node.items:
                    self._place(item, first, around, copies_of)
                    first += self._sizes[item]
            case Repeat():
                loop = _Around(node.var, node.extent, self._sizes[node.body])
                self._place(node.body, first, [*around, loop], copies_of)
            case Region():
                for storage in {self._storages[buffer] for buffer in node.buffers}:
                    if storage.turn is not None and storage.owner is node:
                        copies_of[storage.turn] = (storage.copies, around)
                self._place(node.body, first, around, copies_of)


def _pitched(loops: list[Loop]) -> list[_Around]:
    """Return the loops of a leaf with their pitches; the last one runs fastest."""
    found: list[_Around] = []
    pitch = 1
    for var, extent in reversed(loops):
        found.insert(0, _Around(var, extent, pitch))
        pitch *= extent
    return found


def _visits(first: int, around: list[_Around], copies_of: _Copies) -> Visits:
    shape = tuple(loop.extent for loop in around)
    env: Env = {}
    order: Any = first
    for axis, loop in enumerate(around):
        value = np.arange(loop.extent).reshape(-1, *[1] * (len(around) - axis - 1))
        env[loop.var] = value
        order = order + value * loop.pitch
    visits = Visits(np.zeros(0, np.int64), shape, env)
    visits.order = visits.per_visit(order)
    for turn, (copies, loops) in copies_of.items():
        if all(loop.var in env for loop in loops):
            entered: Any = 0
            for loop in loops:
                entered = entered * loop.extent + env[loop.var]
            env[turn] = entered % copies
    return visits
