import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from autosched.schedule.sketch import DecisionInfo, Sketch
from autosched.search.strategies.variation import (
    crossed,
    mutated,
    neighbours,
    places_of,
    vectors_of,
)
from tests.properties import examples

COUNTS = st.lists(st.integers(1, 6), min_size=0, max_size=5)


def sketch_of(counts: list[int]) -> Sketch:
    decisions = tuple(
        DecisionInfo(f"d{number}", "any", tuple(3 * i + 1 for i in range(count)))
        for number, count in enumerate(counts)
    )
    return Sketch("made up", (), decisions, tuple(d.choices[0] for d in decisions))


def random_places(sketch: Sketch, rows: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    columns = [rng.integers(len(d.choices), size=rows) for d in sketch.decisions]
    return np.array(columns, dtype=np.int64).reshape(len(columns), rows).T


@given(COUNTS, st.integers(0, 9))
def test_places_and_vectors_are_inverse(counts: list[int], seed: int) -> None:
    sketch = sketch_of(counts)
    places = random_places(sketch, 7, seed)
    assert (places_of(sketch, vectors_of(sketch, places)) == places).all()


def test_a_value_that_is_no_choice_finds_a_place() -> None:
    sketch = sketch_of([3])  # 1, 4, 7
    places = places_of(sketch, np.array([[0], [2], [4], [100]]))
    assert places.ravel().tolist() == [0, 1, 1, 2]


@examples(50)
@given(COUNTS, st.integers(0, 99))
def test_mutants_are_candidates(counts: list[int], seed: int) -> None:
    sketch = sketch_of(counts)
    places = random_places(sketch, 40, seed)
    before = places.copy()
    changed = mutated(sketch, places, np.random.default_rng(seed))
    assert (places == before).all()
    assert changed.shape == places.shape
    assert (changed >= 0).all()
    assert (changed < np.array([*counts], dtype=int)).all()
    assert ((changed != places).sum(axis=1) <= 2).all()


def test_mutation_reaches_every_choice() -> None:
    sketch = sketch_of([5, 2])
    places = np.tile([2, 0], (400, 1))
    changed = mutated(sketch, places, np.random.default_rng(0))
    assert set(changed[:, 0].tolist()) == {0, 1, 2, 3, 4}
    assert set(changed[:, 1].tolist()) == {0, 1}


def test_a_cross_has_each_decision_of_one_parent() -> None:
    ones, twos = np.full((50, 4), 1), np.full((50, 4), 2)
    children = crossed(ones, twos, np.random.default_rng(0))
    assert set(np.unique(children).tolist()) == {1, 2}
    assert len(np.unique(children, axis=0)) > 5


def test_neighbours_differ_by_one_step() -> None:
    found = neighbours(sketch_of([3, 1, 2]), np.array([[1, 0, 1]]))
    assert sorted(map(tuple, found.tolist())) == [(0, 0, 1), (1, 0, 0), (2, 0, 1)]
