"""What a worker does, in this process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from autosched.measure.tasks import Lost, Refused, Tasks


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


def tasks(folder: str, pin: bool = False) -> Tasks:
    made = Tasks("tests.measure.hook:Hook", 1 << 40, pin)
    made.perform("reference", workload="add", sizes={}, folder=folder)
    return made


def build(made: Tasks, number: int, trace: str = "good") -> None:
    made.perform("build", number=number, workload="add", trace=trace, target="cpu", threads=1)


def test_a_build_can_be_run_once(folder: str) -> None:
    made = tasks(folder)
    build(made, 4)
    request = {"number": 4, "folder": folder, "best_ns": 1e-9, "timing": {"repeat_ns": 1e4}}
    assert made.perform("run", **request)["kind"] == "ok"
    with pytest.raises(Lost):
        made.perform("run", **request)


def test_builds_are_forgotten(folder: str) -> None:
    made = tasks(folder)
    build(made, 4)
    made.perform("forget")
    with pytest.raises(Lost):
        made.perform("compare", numbers=[4], folder=folder, rounds=1, repeat_ns=1e4)


def test_refusals_keep_their_sentence(folder: str) -> None:
    with pytest.raises(Refused, match="expected a nest with code, got none"):
        build(tasks(folder), 4, "no_kernel")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system cannot pin")
@pytest.mark.parametrize("pin", [False, True])
def test_one_core_only_if_asked_and_only_meanwhile(folder: str, pin: bool) -> None:
    made = tasks(folder, pin)
    before = os.sched_getaffinity(0)
    with made._on_one_core():
        assert os.sched_getaffinity(0) == ({max(before)} if pin else before)
    assert os.sched_getaffinity(0) == before
