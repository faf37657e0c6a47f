"""The tiny target keeps the contract, and works end to end."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

import autosched
from autosched.backends.conformance import BackendConformance
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve
from tests.cli.calling import call, refused

SIZES = {"m": 4, "n": 6, "k": 3}
WORDS = ("matmul", "m=4", "n=6", "k=3", "--target", "interpreter")
PLAIN = 4 * (1 + 6 * (1 + 3))
"""Iterations of the loops over rows, columns and the sum."""

pytestmark = pytest.mark.usefixtures("interpreter")


class TestInterpreter(BackendConformance):
    kind = "interpreter"
    texts = ("interpreter",)

    def workload(self) -> WorkloadInstance:
        return resolve("dense", SIZES)


def test_it_tunes_builds_and_finds_again(tmp_path: Path) -> None:
    path = tmp_path / "tuned.db"
    result = autosched.tune("matmul", trials=20, db=path, target="interpreter", **SIZES)
    assert result.trials == 10
    assert result.ending == "exhausted"
    assert result.time_ns == min(result.curve) < PLAIN
    kernel = autosched.build("matmul", db=path, target="interpreter", **SIZES)
    assert kernel.schedule == "tuned"
    a, b = np.ones((4, 3), "float32"), np.ones((3, 6), "float32")
    np.testing.assert_array_equal(kernel(a, b), a @ b)
    with autosched.Database(path) as db:
        best = db.best("matmul", target="interpreter", **SIZES)
        schedule = db.apply("matmul", target="interpreter", **SIZES)
    assert best is not None
    assert best.time_ns == result.time_ns
    (output,) = schedule.outputs
    tensors = [*output.input_tensors, *output.outputs]
    assert "for" in str(autosched.lower(schedule, tensors, target="interpreter"))


def test_the_command_line_serves_it(tmp_path: Path) -> None:
    db = ("--db", str(tmp_path / "tuned.db"))
    tuned = call("tune", *WORDS, "--trials", "6", *db, "--json")
    assert tuned.status == 0, tuned.err
    assert tuned.document["target"] == "interpreter"
    run = call("run", *WORDS, *db, "--json").document
    assert (run["correct"], run["schedule"]) == (True, "tuned")
    assert "iterations" in call("show", *WORDS, *db, "--ir", "nest").out
    assert "for" in call("show", *WORDS, *db).out
    assert "interpreter" in call("db", "list", *db).out
    assert len(call("db", "best", *WORDS[:4], *db, "--json").document["best"]) == 1
    assert call("target", "--target", "interpreter").out.startswith("target")
    assert "does not go with" in refused("show", *WORDS, "--ir", "asm")


def test_an_unknown_target_is_told_what_there_is(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        said = refused("target", "--target", "abacus")
    assert "expected a target, got 'abacus'" in said
    assert "cpu for this machine; vta" in said
