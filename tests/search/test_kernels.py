"""Kernels of chosen schedules: errors that lead to another choice, and errors that are raised."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from autosched import building as compiling
from autosched.backends.cpu.backend import CpuBackend
from autosched.errors import CodegenError, LoweringError, VerifyError
from autosched.ops.instance import from_tensors
from autosched.schedule.schedule import Schedule
from autosched.schedule.trace import replay
from autosched.search import kernels
from autosched.search.choice import Choice, Origin
from autosched.search.kernels import build_best, build_chosen
from autosched.search.task import Task
from autosched.target.target import Target
from tests.schedule.nests import matmul


def chosen(origin: Origin) -> tuple[Task, Choice]:
    C = matmul(5, 7, 6)
    task = Task.of(
        from_tensors([*C.op.input_tensors, C], "matmul"), CpuBackend(Target.host().with_threads(1))
    )
    sketch = task.sketches[0]
    schedule = replay(task.workload.outputs, sketch.bind(sketch.default))
    return task, Choice(lambda: schedule, origin, "for a test", "")


@pytest.fixture(params=[LoweringError, CodegenError])
def only_plain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let only schedules without steps be built."""
    build = compiling.build_schedule

    def refusing(schedule: Schedule, *args: Any, **options: Any) -> Any:
        if schedule.trace:
            raise request.param("expected no steps, got some")
        return build(schedule, *args, **options)

    monkeypatch.setattr(compiling, "build_schedule", refusing)


@pytest.mark.usefixtures("only_plain")
def test_a_default_that_is_refused_gives_way_to_the_plain_one() -> None:
    _, kernel = build_best(chosen("default")[0], None)
    a, b = np.ones((5, 6), "float32"), np.ones((6, 7), "float32")
    c = np.zeros((5, 7), "float32")
    kernel(a, b, c)
    np.testing.assert_array_equal(c, a @ b)
    assert kernel.schedule == "default"


@pytest.mark.usefixtures("only_plain")
def test_a_tuned_one_that_is_refused_is_an_error() -> None:
    with pytest.raises((LoweringError, CodegenError), match="expected no steps"):
        build_chosen(*chosen("tuned"))


def test_a_bug_of_ours_is_no_reason_to_pass_over_a_stored_trial(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task, choice = chosen("tuned")
    stored: Any = object()
    both = [replace(choice, trial=stored), chosen("default")[1]]

    def broken(schedule: Schedule, *args: Any, **options: Any) -> Any:
        raise VerifyError("expected an invariant to hold")

    monkeypatch.setattr(kernels, "choices", lambda task, store: iter(both))
    monkeypatch.setattr(compiling, "build_schedule", broken)
    with pytest.raises(VerifyError, match="expected an invariant"):
        build_best(task, None)
