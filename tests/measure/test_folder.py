"""A measurer removes the folders of killed ones, but not those in use."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from autosched.measure.folder import new_folder


@pytest.fixture
def parent(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_the_folder_of_an_ended_process_is_removed(parent: Path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    left = parent / f"autosched-{gone.pid}-abc"
    left.mkdir()
    (left / "case").write_text("x")
    folder = new_folder()
    assert folder.parent == parent
    assert sorted(parent.iterdir()) == [folder]


def test_other_folders_stay(parent: Path) -> None:
    elsewhere = parent / "elsewhere"
    elsewhere.mkdir()
    (parent / "autosched-99999999999999999999-a").mkdir()
    (parent / "autosched-mine").mkdir()
    (parent / f"autosched-{2**22 + 1}-link").symlink_to(elsewhere)
    first = new_folder()
    before = {*parent.iterdir()}
    assert f"-{os.getpid()}-" in first.name
    second = new_folder()
    assert {*parent.iterdir()} == {*before, second}
