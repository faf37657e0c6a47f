import numpy as np

from autosched.schedule.sketch import Sketch
from autosched.search.candidate import Candidate
from autosched.search.history import History
from autosched.search.strategies.base import Strategy
from autosched.search.strategies.evolutionary import EvolutionaryStrategy
from autosched.search.strategies.proposals import defaults, varied_defaults
from autosched.search.strategies.random import RandomStrategy
from tests.search.strategies.made_up import OnMadeUpTasks
from tests.search.tasks import cost_ns, matmul_task, random_history


class TestEvolutionary(OnMadeUpTasks):
    def make_strategy(self) -> EvolutionaryStrategy:
        return EvolutionaryStrategy()


class Oracle:
    """Scores candidates by their made-up costs."""

    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        from autosched.search.candidate import Candidate

        number = matmul_task().sketches.index(sketch)
        return np.array(
            [
                -cost_ns(matmul_task(), Candidate(sketch, number, tuple(map(int, v))).trace)
                for v in vectors
            ]
        )


def test_begins_with_the_first_defaults_and_what_was_drawn() -> None:
    task = matmul_task()
    proposed = EvolutionaryStrategy().propose(16, History(task), None, np.random.default_rng(0))
    points, known = [c.point for c in proposed], [c.point for c in defaults(task)]
    assert points[:8] == known[:8]
    assert len({*points[8:]} - {*known}) >= 6


def test_the_first_of_all_is_the_best_guess() -> None:
    task = matmul_task()
    for seed in range(5):
        rng = np.random.default_rng(seed)
        (first,) = EvolutionaryStrategy().propose(1, History(task), None, rng)
        assert first.point == (0, task.sketches[0].default)


def test_follows_the_model_more_than_chance() -> None:
    task = matmul_task()
    history = random_history(task, 40)
    few = EvolutionaryStrategy(random_pool=64, generations=2, children=96)

    def best(strategy: Strategy) -> float:
        rng = np.random.default_rng(1)
        proposed = strategy.propose(16, history, Oracle(), rng)
        return min(cost_ns(task, candidate.trace) for candidate in proposed)

    assert best(few) < best(RandomStrategy())


def test_some_proposals_are_beside_the_best_known() -> None:
    task = matmul_task()
    history = random_history(task, 60)
    best = history.ranked(1)[0]
    rng = np.random.default_rng(2)
    strategy = EvolutionaryStrategy(near=1)
    beside = [
        candidate
        for candidate in strategy.propose(32, history, Indifferent(), rng)
        if _is_beside(candidate, best)
    ]
    assert len(beside) >= 4


def test_what_did_best_is_tried_in_other_structures() -> None:
    task = matmul_task()
    history = random_history(task, 60)
    best = history.ranked(1)[0]
    rng = np.random.default_rng(2)
    strategy = EvolutionaryStrategy(near=1, near_share=0.5)
    proposed = strategy.propose(64, history, Indifferent(), rng)
    assert any(c.number != best.number and c.vector == best.vector for c in proposed)


def _is_beside(candidate: Candidate, best: Candidate) -> bool:
    """Whether a point differs in one decision, or has the same decisions in another sketch."""
    changed = sum(a != b for a, b in zip(candidate.vector, best.vector, strict=False))
    return changed == (candidate.number == best.number)


class Indifferent:
    def scores(self, sketch: Sketch, vectors: np.ndarray) -> np.ndarray:
        return np.zeros(len(vectors))


def test_loops_as_written_are_no_variant_of_a_default() -> None:
    task = matmul_task()
    (fixed,) = (sketch for sketch in task.sketches if not sketch.decisions)
    varied = list(varied_defaults(task, 3 * len(task.sketches), np.random.default_rng(0)))
    assert len(varied) > len(task.sketches)
    assert all(candidate.sketch is not fixed for candidate in varied)
