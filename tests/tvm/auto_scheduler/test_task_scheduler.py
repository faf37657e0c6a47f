import pytest

from autosched.errors import WorkloadError
from autosched.tvm import auto_scheduler
from autosched.tvm.auto_scheduler.task_scheduler import LogEstimatedLatency, PrintTableInfo
from tests.tvm.auto_scheduler.samples import MadeUpMeasurer, sample_task


@pytest.fixture(autouse=True)
def measured_by_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "tuning.db"))
    monkeypatch.setattr(
        "autosched.backends.cpu.backend.CpuBackend.measurer", lambda *given: MadeUpMeasurer()
    )


def test_round_robin_gives_each_task_the_same_number_of_trials(tmp_path, capsys) -> None:
    table = tmp_path / "latency.tsv"
    scheduler = auto_scheduler.TaskScheduler(
        [sample_task(), sample_task(4, 8, 8)],
        [1.0, 3.0],
        strategy="round-robin",
        callbacks=[PrintTableInfo(), LogEstimatedLatency(str(table))],
    )
    scheduler.tune(auto_scheduler.TuningOptions(7))
    assert scheduler.task_cts == [4, 3]
    first, second = scheduler.best_costs
    assert scheduler.cur_score == first + 3 * second
    assert "|    1 |          inf |           0.00 |      0 |" in capsys.readouterr().out
    last = table.read_text().splitlines()[-1]
    assert last.endswith(f"EstimatedLatency(ms)\t{scheduler.cur_score * 1e3:.3f}\tTrials\t7")


def test_options_that_are_not_known_or_not_used_are_told(caplog) -> None:
    with pytest.raises(WorkloadError, match="gradient or round-robin, got 'greedy'"):
        auto_scheduler.TaskScheduler([sample_task()], strategy="greedy")
    auto_scheduler.TaskScheduler([sample_task()], objective_func=sum)
    assert "objective_func is not used" in caplog.text
