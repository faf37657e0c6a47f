"""Functions are measured for every dtype that they take."""

from __future__ import annotations

import pytest

from autosched.measure import function_rate
from autosched.measure.function_rate import FUNCTIONS, function_ns
from autosched.target.target import Target


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "bfloat16"])
@pytest.mark.parametrize("name", ["acosh", "erf", "hypot", "pow"])
def test_an_element_takes_time(name: str, dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(function_rate, "RUN_NS", 0.0)
    monkeypatch.setattr(function_rate, "RUNS", 1)
    assert function_ns.__wrapped__(Target.host(), name, dtype) > 0


def test_what_is_one_instruction_is_no_function() -> None:
    assert {"exp", "sqrt", "atan2"} <= FUNCTIONS
    assert not {"abs", "floor", "isnan", "popcount", "sum_lanes"} & FUNCTIONS
