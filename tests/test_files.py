"""Files are written whole or not at all."""

import ast
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from autosched.errors import AutoschedError
from autosched.files import append_lines, beside, check_not_read, replacing, write_whole

ROOT = Path(__file__).parents[1]
FOLDERS = ("autosched", "benchmarks", "cost_model", "search", "tuning_logs")
ITS_OWN = {
    "autosched/files.py",
    "autosched/graph/archive.py",  # to the place that `beside` gives
    "autosched/measure/case.py",  # a folder of a running measurer's, gone with it
    "autosched/measure/memory.py",  # a file of the kernel's
    "autosched/measure/tasks.py",  # code in a folder of a running measurer's, gone with it
}


def test_lines_are_appended(tmp_path: Path) -> None:
    for lines in (["é"], ["b", "c"], []):
        append_lines(tmp_path / "log", lines)
    assert (tmp_path / "log").read_text(encoding="utf-8") == "é\nb\nc\n"


def test_a_line_that_was_cut_is_ended_before_others_are_appended(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("whole\ncut")
    append_lines(tmp_path / "log", ["new"])
    assert (tmp_path / "log").read_text() == "whole\ncut\nnew\n"


def test_a_new_file_has_the_text(tmp_path: Path) -> None:
    for content in ("é\n", "é\n".encode()):
        write_whole(tmp_path / "new", content)
        assert (tmp_path / "new").read_text(encoding="utf-8") == "é\n"
    assert [path.name for path in tmp_path.iterdir()] == ["new"]


def test_an_older_file_stays_until_the_end(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("older")
    with replacing(path) as file:
        file.write("newer")
        file.flush()
        assert path.read_text() == "older"
    assert path.read_text() == "newer"


def test_a_block_that_fails_leaves_the_older_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("older")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.writelines(_failing())
    assert path.read_text() == "older"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "missing" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(path, "text")
    assert caught.value.filename == str(path)


def _failing() -> Iterator[str]:
    yield "half"
    raise ZeroDivisionError


def test_bytes_are_written_beside_too(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with beside(path) as place:
        place.write_bytes(b"\x00")
        assert not path.exists()
    assert path.read_bytes() == b"\x00"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_permissions_and_links_stay(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("older")
    path.chmod(0o640)
    link.symlink_to(path)
    write_whole(link, "newer")
    assert link.is_symlink()
    assert (path.read_text(), path.stat().st_mode & 0o777) == ("newer", 0o640)


def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write_whole(pipe, "text")
    reader.join()
    assert (read, pipe.is_fifo()) == (["text"], True)


@pytest.mark.parametrize("name", [".", "no/such/folder"])
def test_what_cannot_be_written_is_an_os_error(tmp_path: Path, name: str) -> None:
    with pytest.raises(OSError, match="directory"):
        write_whole(tmp_path / name, "text")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_text("older")
    path.chmod(0o444)
    with pytest.raises(PermissionError, match="may not be written"):
        write_whole(path, "newer")
    assert path.read_text() == "older"


def test_a_file_that_is_read_is_refused_under_any_name(tmp_path: Path) -> None:
    path, link = tmp_path / "file", tmp_path / "link"
    path.write_text("")
    link.hardlink_to(path)
    for other in (path, link):
        with pytest.raises(AutoschedError, match="not read at the same time"):
            check_not_read(other, [tmp_path / "absent", path])
    check_not_read(tmp_path / "absent", [tmp_path / "absent", path])


def writers(source: str) -> list[str]:
    """The calls in a source that write a file by its path."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return [ast.unparse(call) for call in calls if _writes(call)]


def _writes(call: ast.Call) -> bool:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    if name in ("write_text", "write_bytes"):
        return True
    if name == "savefig":
        return ast.unparse(call.args[0]) != "place"  # of `beside`
    if name == "open" and call.args and ast.unparse(call.args[0]) == "os.devnull":
        return False
    modes = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    modes += [word.value.value for word in call.keywords if isinstance(word.value, ast.Constant)]
    return name == "open" and any(mode in ("w", "wb", "a", "x", "xb") for mode in modes)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("p.write_text('a')", 1),
        ("open(p, 'w')", 1),
        ("p.open(mode='wb')", 1),
        ("figure.savefig(path)", 1),
        ("p.open(encoding='utf-8')", 0),
        ("em.open(done)", 0),
        ("open(os.devnull, 'w')", 0),
    ],
)
def test_the_finder_of_writers_sees(source: str, found: int) -> None:
    assert len(writers(source)) == found


def test_every_file_is_written_by_the_one_helper() -> None:
    others = {
        str(path.relative_to(ROOT)): calls
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if path.name != "conformance.py" and (calls := writers(path.read_text()))
    }
    assert {path: calls for path, calls in others.items() if path not in ITS_OWN} == {}
