"""Standard streams that are closed, full, or lack characters, and missing folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is full")


def shell(line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line in which $A is the command."""
    variables = {**os.environ, "A": f"{sys.executable} -m autosched", **environment}
    return subprocess.run(
        ["sh", "-c", line], capture_output=True, text=True, cwd=ROOT, env=variables, timeout=120
    )


@pytest.mark.parametrize("command", ["workloads", "workloads --json", "db best --help"])
@pytest.mark.parametrize(
    ("output", "says"), [(">/dev/full", "No space left on device"), (">&-", "got it closed")]
)
def test_output_that_takes_nothing(command: str, output: str, says: str) -> None:
    done = shell(f"$A {command} {output}")
    assert done.returncode == (2 if "tnue" in command else 1)
    assert "autosched: expected standard output to " in done.stderr
    assert done.stderr.rstrip().endswith(says)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


@pytest.mark.parametrize("output", [">/dev/full", ">&-"])
def test_an_error_that_output_does_not_take_is_told_once(output: str) -> None:
    done = shell(f"$A tnue --json {output}")
    assert done.returncode == 2
    assert done.stderr.rstrip().endswith("No such command 'tnue'.")


@pytest.mark.parametrize("errors", ["2>/dev/full", "2>&-"])
def test_what_standard_error_does_not_take_is_lost(errors: str, tmp_path: Path) -> None:
    done = shell(
        "$A tune matmul m=4 n=4 k=4 --trials 1 --threads 1 "
        f"--db {tmp_path / 'tuning.db'} --json {errors}"
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["trials"] == 1
    assert shell(f"$A tnue {errors}").returncode == 2


def test_a_closed_input_is_no_file_of_ours(tmp_path: Path) -> None:
    assert shell("$A workloads <&-").returncode == 0


def test_characters_that_an_encoding_lacks_are_spelled(tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(
        "from autosched import te\n"
        "def f():\n"
        "    '''Takes 3 µs → soon ×.'''\n"
        "    A = te.placeholder((2,), name='A')\n"
        "    return [A, te.compute((2,), lambda i: A[i] + 1.0, name='B')]\n"
        "print('3 µs → 2×')\n",
        encoding="utf-8",
    )
    done = shell(f"$A show {source}:f", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "3 us \\u2192 2x" in done.stdout


def test_documents_are_ascii(tmp_path: Path) -> None:
    done = shell(f"$A tune {tmp_path}/µ.py:f --json", PYTHONIOENCODING="ascii")
    assert done.returncode == 2
    assert "µ" in json.loads(done.stdout)["error"]["message"]


@pytest.mark.parametrize(
    "line",
    [
        "AUTOSCHED_DB='~nobody-of-that-name/x.db' $A db list",
        "$A tune '~nobody-of-that-name/x.py:f'",
        "$A target --target 'vta -preset=~nobody-of-that-name/x.toml'",
    ],
)
def test_no_home(line: str) -> None:
    done = shell(line)
    assert done.returncode == 2
    assert "expected a home directory for ~nobody-of-that-name" in done.stderr
    assert "hint: set HOME" in done.stderr


def test_no_place_for_temporary_files(tmp_path: Path) -> None:
    code = (
        "import sys, tempfile\n"
        "tempfile._candidate_tempdir_list = lambda: ['/nowhere']\n"
        "from autosched.cli import main\n"
        f"main(['tune', 'matmul', 'm=4', 'n=4', 'k=4', '--db', {str(tmp_path / 't.db')!r}])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=120
    )
    assert done.returncode == 1
    assert "autosched: expected a folder for temporary files, got: " in done.stderr
    assert "hint: set TMPDIR" in done.stderr
    assert "Traceback" not in done.stderr
