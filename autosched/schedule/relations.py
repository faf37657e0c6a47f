"""How the axes of a stage come from one another, and where a stage is computed."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autosched.ir.expr import Expr
from autosched.te.axis import Axis

if TYPE_CHECKING:
    from autosched.schedule.stage import Stage


class Tail(enum.Enum):
    """What a split does with an extent that its factor does not divide."""

    GUARD = "guard"
    """A condition skips the points past the end."""
    SHIFT = "shift"
    """The last tile moves back inside, and computes the overlap again."""
    PAD = "pad"
    """What is computed inside the tile runs to its full size in padded local buffers."""
    PARTITION = "partition"
    """The loop runs over the full tiles; a copy with its own extents does the rest."""


@dataclass(slots=True, eq=False)
class Split:
    """`parent` = outer * factor + inner; `factor` is inner's extent."""

    parent: Axis
    outer: Axis
    inner: Axis
    factor: Expr
    tail: Tail


@dataclass(slots=True, eq=False)
class Fuse:
    """`fused` = outer * extent(inner) + inner."""

    outer: Axis
    inner: Axis
    fused: Axis


Relation = Split | Fuse


@dataclass(slots=True, eq=False)
class AtRoot:
    """Computed whole, before the stages that read it."""


@dataclass(slots=True, eq=False)
class Inlined:
    """Computed again at every read; has no loops and no storage."""


@dataclass(slots=True, eq=False)
class At:
    """Computed inside the loop `axis` of `stage`, as much as is read there."""

    stage: Stage
    axis: Axis


Attachment = AtRoot | Inlined | At
