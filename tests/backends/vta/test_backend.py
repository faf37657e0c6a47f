"""The accelerator keeps the contract of targets."""

from __future__ import annotations

import pytest

from autosched.backends.conformance import BackendConformance
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve
from tests.measure.in_process import work_in_process


class TestVta(BackendConformance):
    kind = "vta"
    texts = ("vta", "vta:pynq", "vta -config=4x8_i8w8a32_15_15_18_17")

    @pytest.fixture(autouse=True)
    def _in_process(self, monkeypatch: pytest.MonkeyPatch) -> None:
        work_in_process(monkeypatch)

    def workload(self) -> WorkloadInstance:
        return resolve("dense_int8", {"m": 3, "n": 20, "k": 18})
