"""Search policies: which strategy and model a search has."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from random import random
from typing import Any, NoReturn

from autosched.errors import WorkloadError, not_offered

logger = logging.getLogger("auto_scheduler")


class XGBModel:
    """Boosted trees. They learn from what the database has of a task, and from each round."""

    is_learning = True

    def __init__(self, *args: Any, **kwargs: Any):
        self.options = kwargs

    def update_from_file(self, file_name: str, n_lines: int | None = None) -> None:
        """Do nothing: the database has the trials of a log that was written here."""

    def load(self, file_name: str) -> None:
        """Do nothing: a model is fitted anew, which takes moments."""

    save = load


class RandomModel(XGBModel):
    """No model: candidates are drawn at random."""

    is_learning = False

    def update(self, inputs: Any, results: Any) -> None:
        """Do nothing: nothing is learned."""

    def predict(self, search_task: Any, states: Sequence[Any]) -> list[float]:
        """Return a random score from 0 to 1 for each state."""
        return [random() for _ in states]


class PreloadMeasuredStates:
    """Goes on where the search that wrote a log ended; the database knows where that was."""

    def __init__(self, filename: str = "auto_scheduler_tuning.json"):
        self.filename = filename


class PreloadCustomSketchRule:
    """A rule for sketches of TVM's states. It is not used, which is logged."""

    APPLY_AND_SKIP_REST, APPLY, PASS = 2, 1, 0

    def __init__(self, meet_condition_func: Any, apply_func: Any, rule_name: str = "CustomRule"):
        self.rule_name = rule_name


class SketchPolicy:
    """The evolutionary search in the sketches of our rules; random with a `RandomModel`."""

    def __init__(
        self,
        task: Any,
        program_cost_model: XGBModel | None = None,
        params: Any = None,
        seed: int | None = None,
        verbose: int = 1,
        init_search_callbacks: Sequence[Any] | None = None,
    ):
        self.search_task = task
        self.seed = seed or 0
        is_learning = program_cost_model is None or program_cost_model.is_learning
        self.strategy = "evolutionary" if is_learning else "random"
        for callback in init_search_callbacks or ():
            if isinstance(callback, PreloadCustomSketchRule):
                logger.warning(
                    "the rule %s is not used: the rules of autosched find the sketches",
                    callback.rule_name,
                )

    def generate_sketches(self, print_for_debug: bool = False) -> NoReturn:
        raise not_offered("SketchPolicy.generate_sketches", "task.tune searches our sketches")

    sample_initial_population = evolutionary_search = generate_sketches


def policy_of(task: Any, given: SketchPolicy | str | None) -> SketchPolicy:
    """Return a policy, by its name, or the default one. Raises WorkloadError."""
    if isinstance(given, SketchPolicy):
        return given
    if given in (None, "default", "sketch.xgb"):
        return SketchPolicy(task)
    if given == "sketch.random":
        return SketchPolicy(task, RandomModel())
    raise WorkloadError(f"expected a search policy, sketch.xgb or sketch.random, got {given!r}")


class EmptyPolicy(SketchPolicy):
    """The random search."""

    def __init__(self, task: Any, init_search_callbacks: Sequence[Any] | None = None):
        super().__init__(task, RandomModel(), init_search_callbacks=init_search_callbacks)
