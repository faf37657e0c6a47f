"""Profiles: the time of each step."""

from __future__ import annotations

import json

import pytest

from autosched.backends.cpu.reporter import CpuReporter
from autosched.graph.parser import parse
from autosched.graph.profile import Profile
from autosched.models import compile
from autosched.tuning_logs import MemoryStore

SOURCE = """graph net(x: float32[5, 7]) {
  h = hardmax(x) @"first node"
  t = transpose(h)
  z = relu(t)
  return z
}"""


@pytest.fixture
def profile(monkeypatch: pytest.MonkeyPatch) -> Profile:
    monkeypatch.setattr(CpuReporter, "least_ns", lambda *given: 1.0)
    return compile(parse(SOURCE), threads=1, db=MemoryStore()).profile(repeats=3)


def test_every_step_is_timed(profile: Profile) -> None:
    first, second = profile.steps
    assert (first.step.name, first.step.schedule) == ("first node", "numpy")
    assert second.step.nodes == ("t", "z")
    assert first.time_ns > 0
    assert profile.time_ns == first.time_ns + second.time_ns
    assert first.roofline is None
    assert second.roofline == 1 / second.time_ns
    assert second.facts["share_of_roofline"] == second.roofline


def test_a_profile_as_a_table(profile: Profile) -> None:
    head, first, second = str(profile).splitlines()
    assert head.split() == [
        "step", "operators", "time", "share", "speed", "of", "roofline", "schedule", "task",
    ]  # fmt: skip
    assert first.startswith("first node")
    assert "transpose+relu" in second
    task = profile.steps[1].step.task
    assert task is not None
    assert second.endswith(task[:8])


def test_a_profile_as_a_chrome_trace(profile: Profile) -> None:
    events = json.loads(profile.chrome_trace())["traceEvents"]
    assert [event["name"] for event in events] == ["first node", "t +1"]
    assert [event["ph"] for event in events] == ["X", "X"]
    assert events[1]["ts"] == pytest.approx(events[0]["dur"])
    assert events[1]["args"]["operators"] == ["transpose", "relu"]
