"""The result of a run, and its text."""

from __future__ import annotations

from autosched.search.result import TuneResult
from tests.search.tasks import matmul_task


def test_a_result_prints_as_a_few_lines() -> None:
    task = matmul_task()
    result = TuneResult(
        workload=task.workload,
        target=str(task.backend),
        threads=1,
        strategy="random",
        seed=0,
        session="s",
        trials=8,
        failures={"timeout": 2},
        best=None,
        curve=(),
        seconds=4.0,
        ending="trials",
    )
    lines = str(result).splitlines()
    assert lines[0].startswith(f"{task.workload}, 1 thread, cpu -cpu=")
    assert "features" not in lines[0]
    assert lines[1:] == [
        "best: nothing that works is known",
        "trials: 8 in 4.0 s, 2.0 a second (trials)",
        "failures: 2 timeout",
    ]
