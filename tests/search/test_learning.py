"""What is learnt from several tasks."""

from __future__ import annotations

import numpy as np

from autosched.search.history import History
from autosched.search.learning import LEAST_TRIALS, Learner, Predictor
from tests.search.tasks import matmul_task, random_history


class Recording:
    """A model that records what it is fitted to, and scores every row 1."""

    def __init__(self) -> None:
        self.fits: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []

    def fit(self, X: np.ndarray, y: np.ndarray, groups: np.ndarray) -> None:
        self.fits.append((X, y, groups))

    def predict(self, X: np.ndarray) -> np.ndarray:
        return np.ones(len(X))

    def save(self, path: object) -> None:
        raise NotImplementedError

    load = save


def learner() -> tuple[Learner, Recording]:
    model = Recording()
    return Learner(model), model  # type: ignore[arg-type]  # `load` makes no model


def test_too_few_trials_teach_nothing() -> None:
    made, model = learner()
    history = random_history(matmul_task(), LEAST_TRIALS - 1)
    assert made.learn(history) is None
    assert not model.fits


def test_a_task_is_scored_by_what_others_taught() -> None:
    made, model = learner()
    known, new = random_history(matmul_task(32), 40), History(matmul_task(48))
    made.learn(known)
    scorer = made.learn(new)
    assert isinstance(scorer, Predictor)
    sketch = new.task.sketches[0]
    vectors = np.array([sketch.default], dtype=np.int64)
    assert scorer.scores(sketch, vectors).tolist() == [1.0]
    assert len(model.fits[-1][0]) == len(known.measured)


def test_a_history_may_be_added_that_is_not_asked_for() -> None:
    made, model = learner()
    made.add(random_history(matmul_task(32), 40))
    assert isinstance(made.learn(History(matmul_task(48))), Predictor)
    assert len(model.fits) == 1


def test_each_task_is_a_group_of_its_own_best() -> None:
    made, model = learner()
    histories = [random_history(matmul_task(m), 40) for m in (32, 48)]
    for history in histories:
        made.learn(history)
    X, y, groups = model.fits[-1]
    sizes = [len(history.measured) for history in histories]
    assert np.bincount(groups).tolist() == sizes
    assert len(X) == len(y) == sum(sizes)
    assert [y[groups == group].max() for group in (0, 1)] == [1.0, 1.0]


def test_new_trials_of_every_task_count() -> None:
    made, model = learner()
    first, second = random_history(matmul_task(32), 40), random_history(matmul_task(48), 40)
    made.learn(first)
    made.learn(second)
    first.add(first.measured[0].candidate, "ok", (1.0,))
    made.learn(second)
    assert len(model.fits[-1][0]) == len(model.fits[-2][0]) + 1


def test_a_task_without_any_time_teaches_nothing() -> None:
    made, model = learner()
    failing = History(matmul_task(32))
    for measured in random_history(matmul_task(32), 40).measured:
        failing.add(measured.candidate, "crashed", ())
    assert made.learn(failing) is None
    made.learn(random_history(matmul_task(48), 40))
    assert set(model.fits[-1][2].tolist()) == {0}
