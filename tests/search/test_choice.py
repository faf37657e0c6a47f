"""The algorithm of a chosen schedule is told."""

from __future__ import annotations

import pytest

from autosched.backends.cpu.backend import CpuBackend
from autosched.ops.resolve import resolve
from autosched.search.choice import choose
from autosched.search.task import Task
from tests.search.tasks import MACHINE


@pytest.mark.parametrize(("tolerance", "algorithm"), [(1e-4, "Winograd F(4, 3)"), (0.0, "")])
def test_another_algorithm_has_a_name(tolerance: float, algorithm: str) -> None:
    workload = resolve("conv2d", {"ci": 64, "h": 28, "w": 28, "co": 64})
    task = Task.of(workload, CpuBackend(MACHINE.with_tolerance(tolerance)))
    assert choose(task, None).algorithm == algorithm
