"""A stage: how one operation of a schedule is computed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from autosched.ir.stmt import LoopKind
from autosched.schedule.relations import Attachment, AtRoot, Relation
from autosched.te.axis import Axis
from autosched.te.operation import Operation

if TYPE_CHECKING:
    from autosched.schedule.schedule import Schedule


@dataclass(slots=True, eq=False)
class Stage:
    """The loops of one operation, and where they stand.

    `number` names the stage in a trace. `axes` holds every axis ever made here, in the
    order it was made, so that its position names it in a trace; `leaves` are those that
    are loops now, outermost first. `op` changes when dataflow is rewritten; `origin` is
    the operation as the user wrote it, and is None for a stage that a primitive made.
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
    is_output: bool = False
