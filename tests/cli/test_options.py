"""Arguments that several commands take."""

from pathlib import Path

import pytest

from autosched.cli.options import database_path, keyed, machine, resolved, sized
from autosched.errors import TargetError, WorkloadError


def test_parameters() -> None:
    assert keyed(["m=5", "name=a=b", "empty="]) == {"m": "5", "name": "a=b", "empty": ""}


@pytest.mark.parametrize("words", [["m"], ["=5"], ["a-b=5"], ["m=5", "m=6"], ["m", "=", "5"]])
def test_parameters_that_make_no_sense(words: list[str]) -> None:
    with pytest.raises(WorkloadError, match="expected"):
        keyed(words)


def test_the_target() -> None:
    assert machine("cpu", 1).threads == 1
    assert machine("cpu -threads=1", 0).threads == 1
    assert machine("cpu", 1, 0.0).machine.tolerance == 0
    assert machine("cpu -tolerance=0.5", 1).machine.tolerance == 0.5
    assert machine("vta:pynq", 2).machine.preset == "pynq"
    for text in ("vta:nothing", "vta -config=3x3", "gpu", ""):
        with pytest.raises(TargetError, match="expected"):
            machine(text, 0)


def test_sizes() -> None:
    workload = resolved("matmul", ["m=4", "n=4", "k=4"])
    assert sized([], workload) == {}
    with pytest.raises(WorkloadError, match="expected values of the sizes"):
        sized(["n=4"], workload)


def test_the_database_that_is_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "mine.db"))
    assert database_path(None) == tmp_path / "mine.db"
    assert database_path(Path("other.db")) == Path("other.db")
