import numpy as np

from autosched.schedule.sketch import Sketch
from autosched.search.history import History
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.strategies.proposals import around, defaults
from autosched.search.strategies.ranking import RankingStrategy, numbered_candidates
from tests.backends.vta.tasks import conv_task
from tests.search.strategies.made_up import OnMadeUpTasks
from tests.search.tasks import copy_task, matmul_task, random_history


class TestRanking(OnMadeUpTasks):
    def make_strategy(self) -> RankingStrategy:
        return RankingStrategy()


class Sum:
    """Prefers large decisions."""

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return vectors.sum(axis=1).astype(np.float64)


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_takes_the_highest_scores_of_the_whole_space() -> None:
    task = matmul_task()
    history = random_history(task, 100)
    strategy = RankingStrategy(late_share=0.5, near_share=0.0)
    proposed = strategy.propose(20, history, Sum(), rng())
    best = max(
        sum(vector)
        for number, sketch in enumerate(task.sketches)
        for vector in sketch.every.tolist()
        if (number, tuple(vector)) not in history.points
    )
    scores = [candidate.predicted for candidate in proposed]
    assert scores[:10] == sorted(scores[:10], reverse=True)  # type: ignore[type-var]
    assert scores[0] == best
    assert len({candidate.number for candidate in proposed[10:]}) == 10


def test_a_share_lies_beside_the_best_known() -> None:
    task = matmul_task()
    history = random_history(task, 100)
    beside = {*around(task, history.ranked(1))}
    strategy = RankingStrategy(late_share=0.0, near_share=0.25, near=1)
    proposed = strategy.propose(16, history, Sum(), rng())
    assert [candidate.point in beside for candidate in proposed[:4]] == [True] * 4


def test_begins_with_defaults_and_what_was_drawn() -> None:
    task = matmul_task()
    proposed = RankingStrategy(default_share=0.25).propose(40, History(task), None, rng())
    points = [candidate.point for candidate in proposed]
    assert points[:10] == [candidate.point for candidate in defaults(task)][:10]
    assert len(set(points)) == 40


def test_the_first_of_all_is_the_best_guess() -> None:
    task = matmul_task()
    (first,) = RankingStrategy().propose(1, History(task), None, rng())
    assert first.point == (0, task.sketches[0].default)


def test_numbers_are_those_of_candidates() -> None:
    numbered = numbered_candidates(copy_task())
    every = [candidate.point for candidate in numbered.candidates(np.arange(7), None)]
    assert numbered.numbers([every[4], (0, (999,)), every[1], every[4]]).tolist() == [1, 4]
    assert sorted(numbered.shuffled(rng()).tolist()) == [0, 1, 2, 3, 4, 5, 6]


def test_exact_times_of_a_small_space_are_ranked() -> None:
    """Breeding asks for scores of samples, ranking for those of whole sketches."""
    task = conv_task()
    asked: list[np.ndarray] = []

    class Recorded(Sum):
        def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
            asked.append(vectors)
            return super().scores(sketch, vectors)

    EvolutionaryStrategy().propose(4, History(task), Recorded(), rng())
    assert [
        vectors is sketch.every for vectors, sketch in zip(asked, task.sketches, strict=True)
    ] == [True]
    asked.clear()
    EvolutionaryStrategy(rankable=3).propose(4, History(task), Recorded(), rng())
    assert asked
    assert all(vectors is not task.sketches[0].every for vectors in asked)
