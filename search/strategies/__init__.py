"""Strategies: how a search chooses what to measure next."""

from __future__ import annotations

from collections.abc import Callable

from autosched.search.strategies.base import Scorer, Strategy
from autosched.search.strategies.random import RandomStrategy

STRATEGIES: dict[str, Callable[[], Strategy]] = {
    "random": RandomStrategy,
}
"""The strategies by the names that users give."""

__all__ = ["STRATEGIES", "Scorer", "Strategy"]
