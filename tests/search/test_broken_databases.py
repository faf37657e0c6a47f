"""Searches and choices of schedules on damaged databases."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from autosched.search.choice import choose
from autosched.search.strategies.random import RandomStrategy
from autosched.search.tuner import Tuner
from autosched.tuning_logs import Store, open_store
from tests.search.tasks import made_up_measurer, matmul_task
from tests.tuning_logs.hostile import CELLS, DAMAGED, FOREIGN, READABLE, SCHEMAS, Breaking

TRIALS = 3
ROWS = {**CELLS, **READABLE, **FOREIGN}
FILES = {**SCHEMAS, **DAMAGED}


def search(store: Store, seed: int) -> None:
    task = matmul_task()
    result = Tuner(task, made_up_measurer(task), store, RandomStrategy(), seed=seed).run(TRIALS)
    assert result.trials == TRIALS
    assert result.best is not None


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("searched") / "t.db"
    with open_store(path) as store:
        search(store, seed=0)
    return path


@pytest.fixture
def path(searched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(searched, tmp_path / "t.db"))


def choose_and_search(path: Path) -> None:
    with open_store(path) as store:
        assert choose(matmul_task(), store).origin in ("tuned", "default")
        search(store, seed=1)
        assert choose(matmul_task(), store).origin == "tuned"


@pytest.mark.parametrize("breaking", ROWS.values(), ids=ROWS)
def test_broken_rows_stop_no_search(path: Path, breaking: Breaking) -> None:
    breaking(path)
    choose_and_search(path)


@pytest.mark.parametrize("breaking", FILES.values(), ids=FILES)
def test_of_a_broken_file_it_is_said_what_was_expected(path: Path, breaking: Breaking) -> None:
    breaking(path)
    with pytest.raises(DatabaseError, match="expected"):
        choose_and_search(path)
