"""The fingerprint changes with any source, and only with these."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosched import fingerprint as module
from autosched.fingerprint import fingerprint


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of two sources, one of which lies outside, behind a link."""
    folder, outside = tmp_path / "package", tmp_path / "outside"
    for made in (folder, outside):
        made.mkdir()
        (made / "a.py").write_text("x = 1\n")
    (folder / "linked").symlink_to(outside)
    monkeypatch.setattr(module, "__file__", str(folder / "fingerprint.py"))
    return folder


@pytest.mark.parametrize("name", ["a.py", "linked/a.py"])
def test_a_changed_source_is_another_package(package: Path, name: str) -> None:
    before = fingerprint.__wrapped__()
    (package / "a.txt").touch()
    assert fingerprint.__wrapped__() == before
    (package / name).write_text("x = 2\n")
    assert fingerprint.__wrapped__() != before


def test_the_fingerprint_is_the_same_in_every_process() -> None:
    assert fingerprint() == fingerprint.__wrapped__()
    assert len(fingerprint()) == 64
