"""A stage: how one operation of a schedule is computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autosched.ir.stmt import LoopKind
from autosched.schedule.actions import StageActions
from autosched.schedule.relations import AtRoot, Attachment, Relation
from autosched.te.axis import Axis
from autosched.te.operation import PlaceholderOp
from autosched.te.tensor import Operation, Tensor

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule


@dataclass(slots=True, eq=False, repr=False)
class Stage(StageActions):
    """The loops of one operation, and where they stand.

    `number` names the stage in a trace. `axes` holds every axis ever made here, in the
    order it was made, so that its position names it in a trace; `leaves` are those that
    are loops now, outermost first. `op` changes when dataflow is rewritten; `origin` is
    the operation as the user wrote it, and is None for a stage that a primitive made.
    `inputs` are the tensors that `op` reads. `copies` says how many buffers take turns.
    """

    schedule: Schedule
    number: int
    name: str
    op: Operation
    origin: Operation | None
    axes: list[Axis] = field(default_factory=list)
    leaves: list[Axis] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    kinds: dict[Axis, LoopKind] = field(default_factory=dict)
    pragmas: dict[Axis, list[tuple[str, object]]] = field(default_factory=dict)
    alignments: dict[Axis, tuple[int, int]] = field(default_factory=dict)
    attachment: Attachment = field(default_factory=AtRoot)
    scope: str = "global"
    copies: int = 1
    is_output: bool = False
    inputs: tuple[Tensor, ...] = ()

    def __repr__(self) -> str:
        return f"<Stage {self.number} {self.name}>"

    @property
    def is_placeholder(self) -> bool:
        return isinstance(self.op, PlaceholderOp)

    @property
    def leaf_iter_vars(self) -> list[Axis]:
        """`leaves`, by the name TVM gives them."""
        return self.leaves

    @property
    def all_iter_vars(self) -> list[Axis]:
        """`axes`, by the name TVM gives them."""
        return self.axes

    def position_of(self, axis: Axis) -> int:
        """The place of the loop `axis`, the outermost's is 0; -1 where it is no loop.

        Asked by identity: `axis in leaves` would make an expression for every other axis.
        """
        for position, leaf in enumerate(self.leaves):
            if leaf is axis:
                return position
        return -1

    def restart(self) -> None:
        """Make the axes of the operation the only axes, and each of them a loop."""
        self.axes = [*self.op.axis, *self.op.reduce_axis]
        self.leaves = list(self.axes)
        self.relations = []

    def replace_loops(self, relation: Relation) -> None:
        """Put the results of `relation` in the place of its sources, which are adjacent loops."""
        position = self.position_of(relation.sources[0])
        self.leaves[position : position + len(relation.sources)] = relation.results
        self.axes += relation.results
        self.relations.append(relation)

    def add_axis(self, axis: Axis) -> Axis:
        self.axes.append(axis)
        return axis
