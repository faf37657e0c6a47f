"""Temporary folders."""

from pathlib import Path

from autosched.tvm.contrib import utils


def test_a_folder_and_its_end() -> None:
    with utils.tempdir() as temp:
        path = Path(temp.relpath("a.txt"))
        path.write_text("x")
        assert temp.listdir() == ["a.txt"]
    assert not path.exists()
