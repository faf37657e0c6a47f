"""Strategies: how a search chooses which candidates to measure next."""

from __future__ import annotations

from collections.abc import Callable

from autosched.errors import WorkloadError
from autosched.search.strategies.base import Scorer, Strategy
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.strategies.genetic import GeneticStrategy
from autosched.search.strategies.random import RandomStrategy

STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "evolutionary": EvolutionaryStrategy,
    "genetic": GeneticStrategy,
    "random": RandomStrategy,
}
"""The strategies by name, as users give it."""

SCORED = ("evolutionary",)
"""The strategies that use the scores of a model."""

__all__ = ["SCORED", "STRATEGIES", "Scorer", "Strategy", "make_strategy"]


def make_strategy(name: str) -> Strategy:
    """Return a new strategy by name. Raises WorkloadError if there is none."""
    if name not in STRATEGIES:
        raise WorkloadError(
            f"expected a search strategy, one of {', '.join(STRATEGIES)}, got {name!r}"
        )
    return STRATEGIES[name]()
