"""Failures that are bugs of autosched, as `autosched tune` reports them."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path

import pytest

from autosched.cli.faults import told
from autosched.measure.options import MeasureOptions
from autosched.search.result import Fault
from tests.cli.calling import call
from tests.cli.conftest import TUNED


@pytest.fixture
def buggy(monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker, whose compiler has bugs."""
    options = partial(MeasureOptions, workers=1, builder="tests.cli.buggy:Buggy")
    monkeypatch.setattr("autosched.measure.options.MeasureOptions", options)


def test_bugs_do_not_end_a_run_and_are_told_at_its_end(buggy: None, tmp_path: Path) -> None:
    path = str(tmp_path / "new.db")
    args = (*TUNED, "--trials", "10", "--threads", "1", "--db", path)
    done = call("tune", *args, "--json")
    assert done.status == 1
    document = done.document
    assert document["trials"] == 10
    assert document["best"] is not None
    bug, wrong = document["faults"]
    assert bug["kind"] == "internal_error"
    assert bug["count"] == document["failures"]["internal_error"] > 0
    assert bug["reason"].startswith("KeyError: 'a slip of ours'\nTraceback")
    assert wrong["kind"] == "wrong_result"
    assert wrong["reason"].startswith("expected ")
    assert f"{bug['count']} candidate" in done.err
    assert "met a bug in autosched itself" in done.err
    assert "in _slip" in done.err
    assert "KeyError: 'a slip of ours'" in done.err
    assert "computed wrong numbers" in done.err
    assert wrong["reason"] in done.err

    queries = [line for line in done.err.splitlines() if line.startswith("all of it: ")]
    command = shlex.split(queries[0].removeprefix("all of it: autosched"))
    rows = call(*command, "--json").document
    assert "in _slip" in str(rows)


def test_a_run_without_faults_tells_none() -> None:
    assert told([], "s", Path("x.db")) == ""


def test_one_is_told_as_one() -> None:
    text = told([Fault("wrong_result", 1, "expected 1 at c[0], got 2")], "s", Path("my file.db"))
    assert text.splitlines()[:2] == [
        "autosched: 1 candidate computed wrong numbers, by more than rounding explains; the first:",
        "  expected 1 at c[0], got 2",
    ]
    assert "--db 'my file.db'" in text
