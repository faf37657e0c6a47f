"""The list of the passes, and what is kept of a run."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.errors import LoweringError
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from tests.lowering.nests import arguments
from tests.passes.nests import V4
from tests.schedule.nests import copy


def test_every_pass_reports_what_it_took_and_left() -> None:
    s = te.create_schedule(copy(8))
    nest = lower(s, arguments(s))
    reports = pipeline.trace(nest, V4)
    assert [report.name for report in reports] == [step.name for step in pipeline.PIPELINE]
    assert all(report.time_ms >= 0 for report in reports)
    assert str(reports[-1].function) == str(pipeline.run(nest, V4))


def test_a_run_ends_after_the_pass_asked_for() -> None:
    s = te.create_schedule(copy(8))
    names = [
        report.name for report in pipeline.trace(lower(s, arguments(s)), V4, after="partition")
    ]
    assert names == ["join", "simplify", "scatter", "partition"]


def test_a_pass_that_is_none_is_named() -> None:
    s = te.create_schedule(copy(8))
    with pytest.raises(LoweringError, match="expected a pass, got 'fold'"):
        pipeline.trace(lower(s, arguments(s)), V4, after="fold")
