"""The cache keeps what fits, and never gives what was not put into it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from autosched.disk_cache import CacheStats, DiskCache, kept
from tests.imports import ROOT

ENTRY_BYTES = 32 + 100


def content(number: int) -> bytes:
    return bytes([number]) * 100


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_put_is_found(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path / "not" / "there")
    assert cache.get("a") is None
    cache.put("a", content(1))
    assert DiskCache(cache.folder).get("a") == content(1)
    cache.put("a", content(2))
    assert cache.get("a") == content(2)
    assert files(cache.folder) == ["a.bin"]


def test_what_was_used_longest_ago_goes(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 3 * ENTRY_BYTES)
    for number, name in enumerate("abc"):
        cache.put(name, content(number))
        os.utime(tmp_path / f"{name}.bin", (number, number))
    assert cache.get("a") == content(0)
    cache.put("d", content(3))
    assert files(tmp_path) == ["a.bin", "c.bin", "d.bin"]
    assert cache.stats() == CacheStats(3, 3 * ENTRY_BYTES)


def test_what_is_larger_than_the_cache_is_not_kept(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path, 50)
    cache.put("a", content(1))
    assert cache.get("a") is None
    assert cache.stats() == CacheStats(0, 0)


@pytest.mark.parametrize("keep", [0, 10, 31, 32, 33, ENTRY_BYTES - 1])
def test_a_file_that_was_cut_is_none_and_is_replaced(tmp_path: Path, keep: int) -> None:
    cache = DiskCache(tmp_path)
    cache.put("a", content(1))
    path = tmp_path / "a.bin"
    path.write_bytes(path.read_bytes()[:keep])
    assert cache.get("a") is None
    cache.put("a", content(2))
    assert cache.get("a") == content(2)


@pytest.mark.parametrize("place", [0, 31, 32, 80, ENTRY_BYTES - 1])
def test_a_file_that_was_changed_is_none(tmp_path: Path, place: int) -> None:
    cache = DiskCache(tmp_path)
    cache.put("a", content(1))
    path = tmp_path / "a.bin"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert cache.get("a") is None


def test_a_place_where_nothing_can_be_kept(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    cache = DiskCache(tmp_path / "file" / "folder")
    cache.put("a", content(1))
    assert cache.get("a") is None
    assert cache.stats() == cache.clear() == CacheStats(0, 0)


def test_clear_tells_what_there_was_and_leaves_other_files(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    cache.put("a", content(1))
    (tmp_path / "notes.txt").touch()
    assert cache.clear() == CacheStats(1, ENTRY_BYTES)
    assert files(tmp_path) == ["notes.txt"]


def test_what_a_process_left_half_written_goes_with_time(tmp_path: Path) -> None:
    cache = DiskCache(tmp_path)
    old, new = tmp_path / ".0123.part", tmp_path / ".4567.part"
    old.touch()
    new.touch()
    os.utime(old, (1, 1))
    cache.put("a", content(1))
    assert files(tmp_path) == [new.name, "a.bin"]


def test_processes_share_a_folder(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from autosched.disk_cache import DiskCache\n"
        "cache = DiskCache(Path(sys.argv[1]), 1000)\n"
        "for number in range(60):\n"
        "    key, wanted = str(number % 12), bytes([number % 12]) * 100\n"
        "    assert cache.get(key) in (None, wanted)\n"
        "    cache.put(key, wanted)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    running = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    assert [process.wait() for process in running] == [0, 0]
    assert DiskCache(tmp_path).stats().size_bytes <= 1000


def test_bytes_are_made_once_for_the_same_facts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[bytes] = []

    def make() -> bytes:
        made.append(content(len(made)))
        return made[-1]

    assert [kept(make, "a"), kept(make, "a")] == [content(0), content(1)]  # the user wants none
    monkeypatch.setenv("AUTOSCHED_CACHE", str(tmp_path))
    given = [kept(make, "a"), kept(make, "a", "b"), kept(make, "a"), kept(make, "a", "b")]
    assert given == [content(2), content(3), content(2), content(3)]
    assert len(files(tmp_path)) == 2
