"""Strategies: how a search chooses which candidates to measure next."""

from __future__ import annotations

from collections.abc import Callable

from autosched.errors import WorkloadError
from autosched.search.strategies.base import Scorer, Strategy
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.strategies.random import RandomStrategy

STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "evolutionary": EvolutionaryStrategy,
    "random": RandomStrategy,
}
"""The strategies by name, as users give it."""

__all__ = ["STRATEGIES", "Scorer", "Strategy", "make_strategy"]


def make_strategy(name: str) -> Strategy:
    """Return a new strategy by name. Raises WorkloadError if there is none."""
    if name not in STRATEGIES:
        raise WorkloadError(
            f"expected a search strategy, one of {', '.join(STRATEGIES)}, got {name!r}"
        )
    return STRATEGIES[name]()
