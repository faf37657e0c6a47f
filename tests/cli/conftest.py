"""The database of a short tuning run, for all tests that read one."""

import shutil
from pathlib import Path

import pytest

from tests.cli.calling import Call, call

TUNED = ("matmul", "m=12", "n=16", "k=8")


@pytest.fixture(scope="session")
def tuning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Call]:
    """Return the database of a tuning run and the reply of the run."""
    path = tmp_path_factory.mktemp("tuned") / "tuned.db"
    done = call("tune", *TUNED, "--trials", "3", "--threads", "1", "--db", str(path), "--json")
    return path, done


@pytest.fixture
def database(tuning: tuple[Path, Call], tmp_path: Path) -> Path:
    """Return a copy of the database that a test may change."""
    return Path(shutil.copy(tuning[0], tmp_path / "copy.db"))
