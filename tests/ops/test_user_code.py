"""Errors of a user's file name its line."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from autosched.errors import AutoschedError, WorkloadError
from autosched.ops import resolve

FILE = """
import json, sys
from autosched import te
from autosched.ops import workload

def divides():
    return 1 // 0

def leaves(status: int):
    sys.exit(status)

def leaves_silently():
    raise SystemExit

def in_a_library():
    json.loads("{")

def of_many_lines():
    raise ValueError("first" + chr(10) + "second")

def deep():
    return deep()

def wrong_expression():
    A = te.placeholder((0,), name="A")

@workload(reference=lambda a: sys.exit(3))
def wrong_reference():
    A = te.placeholder((2,), name="A")
    return [A, te.compute((2,), lambda i: A[i] + 1.0, name="B")]
"""

SAID = {
    "divides": "got ZeroDivisionError: integer division or modulo by zero "
    "(mine.py, line 7: return 1 // 0)",
    "leaves": "got SystemExit: 0 (mine.py, line 10: sys.exit(status))",
    "leaves_silently": "got SystemExit (mine.py, line 13: raise SystemExit)",
    "in_a_library": '(mine.py, line 16: json.loads("{"))',
    "of_many_lines": "got ValueError: first second (mine.py, line 19: raise ValueError",
    "deep": "(mine.py, line 22: return deep())",
}


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(FILE)
    return path


@pytest.mark.parametrize("function", SAID)
def test_an_exception_of_a_function(mine: Path, function: str) -> None:
    params = {"status": 0} if function == "leaves" else {}
    with pytest.raises(WorkloadError) as caught:
        resolve(f"{mine}:{function}", params)
    assert caught.value.message.startswith(f"expected the workload's code in {function} to run, ")
    assert SAID[function] in caught.value.message
    assert (caught.value.hint is not None) == function.startswith("leaves")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("import sys\nsys.exit('no')\n", "got SystemExit: no (bad.py, line 2: sys.exit('no'))"),
        ("x = 1\ndef f(:\n", "got SyntaxError: invalid syntax (bad.py, line 2: def f(:)"),
        ("x = 1\nimport no_such_thing\n", "(bad.py, line 2: import no_such_thing)"),
        ("raise KeyboardInterrupt\n", None),
    ],
)
@pytest.mark.parametrize("as_module", [False, True])
def test_an_exception_of_an_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, says: str | None, as_module: bool
) -> None:
    (tmp_path / "bad.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "bad", raising=False)
    with pytest.raises(WorkloadError if says else KeyboardInterrupt) as caught:
        resolve("bad:f" if as_module else "bad.py:f")
    if says:
        assert says in str(caught.value)


def test_an_error_of_autosched_shows_the_users_line(mine: Path) -> None:
    with pytest.raises(AutoschedError) as caught:
        resolve(f"{mine}:wrong_expression")
    assert caught.value.context == 'mine.py, line 25: A = te.placeholder((0,), name="A")'


def test_an_error_of_a_shipped_workload_shows_no_line() -> None:
    with pytest.raises(AutoschedError) as caught:
        resolve("matmul", {"m": 0, "n": 1, "k": 1})
    assert caught.value.context is None


def test_an_exception_of_a_reference(mine: Path) -> None:
    instance = resolve(f"{mine}:wrong_reference")
    with pytest.raises(WorkloadError, match=r"got SystemExit: 3 \(mine.py, line 27"):
        instance.numpy_reference(instance.make_inputs())
