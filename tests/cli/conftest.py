"""A database that a short tuning run made, for every test that looks into one."""

import shutil
from pathlib import Path

import pytest

from tests.cli.calling import Call, call

TUNED = ("matmul", "m=12", "n=16", "k=8")


@pytest.fixture(scope="session")
def tuning(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Call]:
    """The database and what the run that made it answered."""
    path = tmp_path_factory.mktemp("tuned") / "tuned.db"
    done = call("tune", *TUNED, "--trials", "3", "--threads", "1", "--db", str(path), "--json")
    return path, done


@pytest.fixture
def database(tuning: tuple[Path, Call], tmp_path: Path) -> Path:
    """A copy of it, to be changed at will."""
    return Path(shutil.copy(tuning[0], tmp_path / "copy.db"))
