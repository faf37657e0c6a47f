"""Each faulty candidate has its kind of outcome, and the candidate after it is measured."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from autosched.measure.local import LocalMeasurer
from tests.measure.faults.builder import OPTIONS
from tests.measure.faults.table import FAULTS, mislabelled

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults need Linux")


@pytest.fixture(scope="module")
def measurer() -> Iterator[LocalMeasurer]:
    patient = replace(OPTIONS, run_timeout_s=60.0, build_timeout_s=60.0)
    with LocalMeasurer("cpu", options=patient) as measurer:
        yield measurer


@pytest.mark.parametrize("name", [name for name, fault in FAULTS.items() if not fault.is_slow])
def test_no_fault_is_mislabelled(name: str, measurer: LocalMeasurer) -> None:
    outcome, after = measurer.measure("add", [name, "good"])
    assert mislabelled(name, outcome, after) == ""
