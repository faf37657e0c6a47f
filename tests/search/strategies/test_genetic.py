import numpy as np

from autosched.search.strategies.genetic import GeneticStrategy
from tests.search.strategies.made_up import OnMadeUpTasks
from tests.search.tasks import matmul_task, random_history


class TestGenetic(OnMadeUpTasks):
    def make_strategy(self) -> GeneticStrategy:
        return GeneticStrategy()


def test_children_have_the_sketches_of_the_fastest() -> None:
    history = random_history(matmul_task(), 200)
    best = {candidate.number for candidate in history.ranked(4)}
    proposed = GeneticStrategy(elites=4).propose(16, history, None, np.random.default_rng(0))
    assert len(proposed) == 16
    assert {candidate.number for candidate in proposed} <= best
