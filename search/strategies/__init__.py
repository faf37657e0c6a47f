"""Strategies: how a search chooses what to measure next."""

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
"""The strategies by the names that users give."""

__all__ = ["STRATEGIES", "Scorer", "Strategy", "make_strategy"]


def make_strategy(name: str) -> Strategy:
    """The strategy with this name. Raises WorkloadError where there is none."""
    if name not in STRATEGIES:
        raise WorkloadError(
            f"expected a search strategy, one of {', '.join(STRATEGIES)}, got {name!r}"
        )
    return STRATEGIES[name]()
