"""Calls of rules: those of users may fail, which is told with their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from autosched.errors import AutoschedError, RuleError, ScheduleError
from autosched.ops.user_code import described, line_of
from autosched.schedule.schedule import Stage
from autosched.search.space.rule import Place, Proposal, Rule
from autosched.search.space.rules import ours


def proposals_of(rule: Rule, place: Place) -> Sequence[Proposal]:
    """Return the proposals of a rule. Raises RuleError if a user's rule fails."""
    with _told(rule):
        found = rule.proposals(place)
    if not isinstance(found, Sequence) or not all(isinstance(each, Proposal) for each in found):
        raise RuleError(f"expected a list of proposals from the rule {rule.name}, got {found!r}")
    return found


def apply(rule: Rule, proposal: Proposal, place: Place) -> set[int]:
    """Apply a proposal of a rule; return the numbers of the stages that it scheduled.

    Raises ScheduleError for an illegal step, and RuleError if a user's rule fails.
    """
    with _told(rule):
        found = proposal.apply(place)
        given = list(found) if isinstance(found, Iterable) else [found]
    stages = [each for each in given if isinstance(each, Stage)]
    if len(stages) < len(given):
        raise RuleError(
            f"expected the stages that the rule {rule.name} has scheduled, got {found!r}",
            hint="a proposal returns a list of stages",
        )
    return {stage.number for stage in stages}


@contextmanager
def _told(rule: Rule) -> Iterator[None]:
    """Raise RuleError for exceptions of a user's rule; those of ours are bugs."""
    try:
        yield
    except ScheduleError:
        raise
    except AutoschedError as error:
        error.context = error.context or line_of(error)
        raise
    except Exception as error:
        if rule in ours():
            raise
        raise RuleError(f"expected the rule {rule.name} to run, got {described(error)}") from error
