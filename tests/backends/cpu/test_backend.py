"""The CPU keeps the contract of targets."""

from __future__ import annotations

import pytest

from autosched.backends.conformance import BackendConformance
from autosched.backends.cpu import trial_run
from autosched.measure import peak
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import resolve
from tests.measure.in_process import work_in_process


class TestCpu(BackendConformance):
    kind = "cpu"
    texts = ("cpu -threads=1", "cpu -math=fast", "cpu -l1_bytes=16384 -threads=2")

    def workload(self) -> WorkloadInstance:
        return resolve("dense", {"m": 4, "n": 6, "k": 8})

    @pytest.fixture(autouse=True)
    def _in_short(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Peaks and kernels are not timed for long, and workers are no processes."""
        work_in_process(monkeypatch)
        made_up = peak.Peak(1.0, 2.0, 3.0, 4.0, 5.0, 6.0)
        monkeypatch.setattr(peak, "measure_peak", lambda target: made_up)
        monkeypatch.setattr(peak, "fma_peak", lambda target, dtype: 1.0)
        monkeypatch.setattr(trial_run, "BUDGET_SECONDS", 0.0)
        monkeypatch.setattr(trial_run, "MAX_RESTS", 1)
