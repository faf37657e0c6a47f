"""Features of candidates do not depend on the way in which they are asked for."""

import numpy as np
import pytest

from autosched.cost_model.models import RandomModel
from autosched.search.candidate import Candidate, by_sketch
from autosched.search.features import TaskFeatures
from autosched.search.history import History
from autosched.search.learning import Estimator, Learner
from autosched.search.strategies.random import random_candidates
from autosched.search.task import Task
from tests.backends.vta.tasks import conv_task
from tests.search.tasks import matmul_task


@pytest.mark.parametrize("task", [matmul_task(), conv_task()], ids=["cpu", "accelerator"])
def test_rows_of_candidates_are_those_of_their_sketch(task: Task) -> None:
    candidates = random_candidates(task, 12, np.random.default_rng(0))
    rows = TaskFeatures(task).of_candidates(candidates)
    for candidate, row in zip(candidates, rows, strict=True):
        vectors = np.array([candidate.vector])
        np.testing.assert_array_equal(TaskFeatures(task).of(candidate.sketch, vectors)[0], row)


def test_what_is_kept_is_what_would_be_computed() -> None:
    task = conv_task()
    (sketch,) = task.sketches
    features = TaskFeatures(task)
    kept = features.of(sketch, sketch.every)
    assert features.of(sketch, sketch.every) is kept
    candidates = [Candidate(sketch, 0, tuple(vector)) for vector in sketch.every.tolist()]
    np.testing.assert_array_equal(features.of_candidates(candidates), kept)
    np.testing.assert_array_equal(TaskFeatures(task).of(sketch, sketch.every.copy()), kept)


def test_rows_of_scored_candidates_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    task = matmul_task()
    features = TaskFeatures(task)
    candidates = random_candidates(task, 40, np.random.default_rng(0))
    for _, sketch, vectors in by_sketch(candidates):
        features.of(sketch, vectors)
    chosen = candidates[:5]
    features.keep({candidate.point for candidate in chosen})
    wanted = TaskFeatures(task).of_candidates(chosen)
    with monkeypatch.context() as context:
        context.delattr(TaskFeatures, "_extracted")
        np.testing.assert_array_equal(features.of_candidates(chosen), wanted)
    np.testing.assert_array_equal(features.of_candidates(chosen), wanted)


def test_only_an_accelerator_has_scores_before_anything_is_measured() -> None:
    assert Learner(RandomModel()).learn(History(matmul_task())) is None
    task = conv_task()
    scorer = Learner(RandomModel()).learn(History(task))
    assert isinstance(scorer, Estimator)
    (sketch,) = task.sketches
    scores = scorer.scores(sketch, sketch.every)
    # The smallest tiles take the most instructions.
    assert sketch.every[np.argmin(scores)].tolist() == [1, 3, 12]
