"""Files that commands write."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from autosched.cli.outputs import check_file, write_file
from autosched.errors import AutoschedError


def test_a_file_is_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    for text in ("first", "second"):
        check_file(path, ".svg", [tmp_path / "net.onnx"])
        write_file(path, text)
    assert path.read_text() == "second"


def test_files_that_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.svg"
    with pytest.raises(click.UsageError, match=r"ends in \.svg, got .*a\.png"):
        check_file(tmp_path / "a.png", ".svg", [])
    with pytest.raises(click.UsageError, match=r"expected a folder for a\.svg"):
        check_file(tmp_path / "none" / "a.svg", ".svg", [])
    path.write_text("read")
    with pytest.raises(AutoschedError, match="not read at the same time"):
        check_file(path, ".svg", [path])
    with pytest.raises(click.UsageError, match="expected a file that can be written"):
        write_file(tmp_path / "none" / "a.svg", "text")
