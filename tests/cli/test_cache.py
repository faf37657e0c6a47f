from __future__ import annotations

from pathlib import Path

import pytest

from autosched.disk_cache import DiskCache
from tests.cli.calling import call, refused


def test_the_cache_is_counted_and_emptied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSCHED_CACHE", str(tmp_path))
    DiskCache(tmp_path).put("a", bytes(100))
    document = call("cache", "stats", "--json").document
    assert (document["folder"], document["kernels"]) == (str(tmp_path), 1)
    assert document["size_bytes"] == 132
    shown = call("cache", "stats").out
    assert str(tmp_path) in shown
    assert "132 bytes of 1.074 GB at most" in shown
    assert call("cache", "clear", "--json").document["removed"] == 1
    assert list(tmp_path.iterdir()) == []
    assert call("cache", "stats", "--json").document["kernels"] == 0


@pytest.mark.parametrize("command", ["stats", "clear"])
def test_a_cache_that_is_off(command: str) -> None:
    assert "switched off" in refused("cache", command)
