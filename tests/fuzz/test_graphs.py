"""Random graphs build by default and by every sketch, and compute what they mean.

Many more are checked by hand: `python -m tests.fuzz.graphs --count 20000 --seed 1`.
"""

from __future__ import annotations

import pytest

from tests.fuzz.graphs.check import Failed, check
from tests.fuzz.graphs.draws import Draws, shrunk
from tests.fuzz.graphs.graph import shown
from tests.fuzz.graphs.grow import grown

GRAPHS = 3000
CHUNK = 100


@pytest.mark.parametrize("first", range(0, GRAPHS, CHUNK))
@pytest.mark.filterwarnings("ignore:invalid value encountered")
def test_random_graphs(first: int) -> None:
    for seed in range(first, first + CHUNK):
        try:
            check(Draws(seed))
        except Exception as error:
            error.add_note(f"python -m tests.fuzz.graphs --count 1 --seed {seed}")
            raise


def test_the_same_seed_grows_the_same_graph() -> None:
    texts = [shown(grown(Draws(7))) for _ in range(2)]
    assert texts[0] == texts[1]
    first = Draws(7)
    grown(first)
    assert shown(grown(Draws(known=first.taken))) == texts[0]


def test_wrong_results_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is computed, whatever is interpreted is found to be wrong."""
    monkeypatch.setattr("tests.fuzz.graphs.check.interpret", lambda *_: None)
    failed = 0
    for seed in range(20):
        try:
            check(Draws(seed))
        except Failed:
            failed += 1
    assert failed > 4


def test_failing_draws_are_made_fewer_and_smaller() -> None:
    assert shrunk([9, 3, 7, 50, 1], lambda taken: max(taken, default=0) >= 5) == [5]
