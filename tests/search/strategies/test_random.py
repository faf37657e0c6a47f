import numpy as np

from autosched.search.history import History
from autosched.search.strategies.random import RandomStrategy, every_candidate
from tests.search.strategies.made_up import OnMadeUpTasks
from tests.search.tasks import copy_task, matmul_task


class TestRandom(OnMadeUpTasks):
    def make_strategy(self) -> RandomStrategy:
        return RandomStrategy()


def test_draws_every_sketch() -> None:
    task = matmul_task()
    rng = np.random.default_rng(0)
    proposed = RandomStrategy().propose(30 * len(task.sketches), History(task), None, rng)
    *drawn, plain = np.bincount([candidate.number for candidate in proposed])
    assert min(drawn) >= 10
    assert plain == 1


def test_every_candidate_has_each_once() -> None:
    points = [candidate.point for candidate in every_candidate(copy_task())]
    assert len(points) == len(set(points)) == copy_task().size
