"""The contract of rules: they propose ways to schedule a stage."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from autosched.schedule.schedule import Stage
    from autosched.search.space.builder import SketchBuilder
    from autosched.search.space.preparation import Preparation
    from autosched.search.space.tiles import Core


@dataclass(frozen=True, eq=False)
class Place:
    """A stage of a schedule under construction, for a core of the target.

    Stages whose numbers are `excluded` are scheduled already, or belong to another stage.
    """

    builder: SketchBuilder
    stage: Stage
    core: Core
    excluded: Container[int] = ()


@dataclass(frozen=True)
class Proposal:
    """A way to schedule a stage.

    `apply` takes steps with the builder of a place and returns the stages that are scheduled then.
    One that `is_certain` is expected to be faster than what other rules propose. One that
    `is_simple` is tried for a stage where the first proposal is illegal.
    """

    name: str
    apply: Callable[[Place], Iterable[Stage]]
    is_certain: bool = False
    is_simple: bool = False
    takes: frozenset[int] = frozenset()
    """The numbers of the other stages that it schedules, which are left to it."""


class Rule(ABC):
    """Proposes ways to schedule stages of a kind, which it knows by their structure.

    A sketch is made for each proposal for the stage with the most points; the others get the first
    proposal that is legal. What no rule takes has the loops of groups of rows.

    A rule keeps no state: equal places have equal proposals. `proposals` changes nothing.
    `Proposal.apply` may be refused: each step is checked as it is taken, and all of them are undone
    where one is illegal. It raises nothing but ScheduleError, schedules the stage that it was
    given, and no stage that is excluded. `search/space/conformance.py` has the tests of a rule.
    """

    name: ClassVar[str]
    """What a user calls the rule by."""

    is_general: ClassVar[bool] = True
    """Whether stages beside that with the most points are scheduled by it too."""

    def takes(self, prepared: Preparation) -> bool:
        """Whether the rule is for stages that are prepared so."""
        return True

    @abstractmethod
    def proposals(self, place: Place) -> Sequence[Proposal]:
        """Return the proposals for a stage, the best guess first; none for others."""
