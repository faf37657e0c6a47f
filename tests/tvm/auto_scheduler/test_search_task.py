import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.errors import NotOfferedError, ScheduleError, WorkloadError
from autosched.tvm import auto_scheduler, te
from autosched.tvm.auto_scheduler.workload_registry import register_workload_tensors
from tests.tvm.auto_scheduler.samples import MadeUpMeasurer, sample_matmul, sample_task


@pytest.fixture(autouse=True)
def measured_by_nobody(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "tuning.db"))
    monkeypatch.setattr(
        "autosched.backends.cpu.backend.CpuBackend.measurer", lambda *given: MadeUpMeasurer()
    )


def options(log: str, trials: int = 5) -> auto_scheduler.TuningOptions:
    recorder = auto_scheduler.RecordToFile(log)
    return auto_scheduler.TuningOptions(trials, measure_callbacks=[recorder])


def test_a_task_is_tuned_and_its_best_is_applied_printed_and_resumed(tmp_path) -> None:
    log = str(tmp_path / "log.json")
    task = sample_task()
    task.tune(options(log))
    schedule, args = task.apply_best(log)
    module = tvm.build(schedule, args, "llvm")
    a, b, c = (np.random.default_rng(0).random((8, 8), dtype="float32") for _ in range(3))
    out = tvm.nd.empty((8, 8))
    module(*map(tvm.nd.array, (a, b, c)), out)
    np.testing.assert_allclose(out.numpy(), a @ b + c, rtol=1e-5)
    assert task.print_best(log).startswith("s = te.create_schedule([E])")
    policy = auto_scheduler.SketchPolicy(
        task,
        auto_scheduler.XGBModel(),
        init_search_callbacks=[auto_scheduler.PreloadMeasuredStates(log)],
    )
    sample_task().tune(options(log, 4), search_policy=policy)
    traces = [given.state.trace for given, _ in auto_scheduler.load_records(log)]
    assert len(set(traces)) == len(traces) == 9


def test_the_best_schedule_of_the_older_interface() -> None:
    task = sample_task()
    schedule, args = auto_scheduler.auto_schedule(task, None, auto_scheduler.TuningOptions(3))
    assert args == task.compute_dag.tensors
    assert "def main(A: float32[8, 8]" in str(tvm.lower(schedule, args))


def test_a_log_without_the_workload_is_told(tmp_path) -> None:
    log = tmp_path / "log.json"
    log.write_text("")
    with pytest.raises(ScheduleError, match="expected a record of the workload"):
        sample_task().apply_best(str(log))
    with pytest.raises(ScheduleError, match="got no such file"):
        sample_task().print_best(str(tmp_path / "none.json"))
    log.write_text('{"i": [')
    with pytest.raises(ScheduleError, match=r"got none\n.*1 were not\n.*a line that is cut"):
        sample_task().apply_best(str(log))
    sample_task().tune(options(str(log)))
    with pytest.raises(ScheduleError, match="expected the mode schedule, got 'cuda'"):
        sample_task().print_best(str(log), print_mode="cuda")


def test_a_new_log_gets_the_best_that_the_database_knows(tmp_path) -> None:
    first, second = str(tmp_path / "first.json"), str(tmp_path / "second.json")
    sample_task().tune(options(first))
    sample_task().tune(options(second, 0))
    sample_task().tune(options(second, 0))
    ((given, result),) = auto_scheduler.load_records(second)
    best, its_result = auto_scheduler.load_best_record(first)
    assert best is not None
    assert its_result is not None
    assert given.state == best.state
    assert result.costs[0] == its_result.costs[0]


def test_callbacks_of_the_script_hear_of_results() -> None:
    class Mine(auto_scheduler.PythonBasedMeasureCallback):
        def callback(self, policy, inputs, results):
            heard.extend(zip(inputs, results, strict=True))

    heard: list = []
    task = sample_task()
    task.tune(auto_scheduler.TuningOptions(3, measure_callbacks=[Mine()]), "sketch.random")
    assert len(heard) == 3
    assert heard[0][0].task is task


def test_options_that_make_no_sense() -> None:
    with pytest.raises(WorkloadError, match="expected 0 or more schedules to measure, got -1"):
        auto_scheduler.TuningOptions(-1)
    with pytest.raises(WorkloadError, match=r"got 'sketch\.best'"):
        sample_task().tune(auto_scheduler.TuningOptions(1), "sketch.best")
    for name in ("feature", "extract_tasks"):
        with pytest.raises(NotOfferedError, match=rf"auto_scheduler\.{name}"):
            getattr(auto_scheduler, name)
    with pytest.raises(NotOfferedError, match="generate_sketches"):
        auto_scheduler.SketchPolicy(sample_task()).generate_sketches()


def test_a_random_model_scores_states() -> None:
    state = sample_task().compute_dag.get_init_state()
    assert all(0 <= score <= 1 for score in auto_scheduler.RandomModel().predict(None, [state] * 3))


def test_a_rule_of_the_script_is_not_used_which_is_told(caplog) -> None:
    rule = auto_scheduler.PreloadCustomSketchRule(None, None, "Mine")
    auto_scheduler.SketchPolicy(sample_task(), init_search_callbacks=[rule])
    assert "the rule Mine is not used" in caplog.text
    assert auto_scheduler.EmptyPolicy(sample_task()).strategy == "random"


def test_a_workload_without_arguments() -> None:
    @auto_scheduler.register_workload
    def sample_of_nothing():
        return sample_matmul(4, 4, 4)

    assert auto_scheduler.SearchTask(func=sample_of_nothing).workload_key == '["sample_of_nothing"]'


def test_inputs_are_found_by_shape_and_dtype() -> None:
    @auto_scheduler.register_workload
    def gathered(n):
        A = te.placeholder((n, 4))
        index = te.placeholder((3,), "int32")
        return [A, index, te.compute((3, 4), lambda i, j: A[index[i], j], name="B")]

    given = np.array([2, 0, 1], dtype="int32")
    task = auto_scheduler.SearchTask(
        func=gathered, args=(5,), target="llvm", task_inputs={"mine": tvm.nd.array(given)}
    )
    _, index = task.search_task.workload.make_inputs()
    np.testing.assert_array_equal(index, given)
    assert task.task_input_names == ["mine"]


def test_tasks_share_trials(tmp_path) -> None:
    log = str(tmp_path / "log.json")
    tasks = [sample_task(), sample_task(8, 8, 4)]
    scheduler = auto_scheduler.TaskScheduler(tasks, [2.0, 1.0])
    scheduler.tune(options(log, 12))
    keys = [given.task.workload_key for given, _ in auto_scheduler.load_records(log)]
    assert len(keys) == 12
    assert set(keys) == {task.workload_key for task in tasks}
    assert all(cost < 1 for cost in scheduler.best_costs)
    other = str(tmp_path / "other.json")
    auto_scheduler.TaskScheduler(tasks).tune(options(other, 0))
    assert len(list(auto_scheduler.load_records(other))) == 2, "the best of each"


def test_tasks_have_a_weight_each() -> None:
    with pytest.raises(WorkloadError, match="got 1 tasks and 2 weights"):
        auto_scheduler.TaskScheduler([sample_task()], [1.0, 2.0])
    with pytest.raises(WorkloadError, match="got 0 tasks and 0 weights"):
        auto_scheduler.TaskScheduler([])


def test_a_workload_needs_a_function_or_a_known_key() -> None:
    with pytest.raises(WorkloadError, match="expected a function with arguments or a workload"):
        auto_scheduler.SearchTask(target="llvm")
    with pytest.raises(WorkloadError, match="expected a registered workload"):
        auto_scheduler.SearchTask(workload_key='["nowhere", 1]', target="llvm")
    by_key = auto_scheduler.SearchTask(workload_key='["sample_matmul", 4, 4, 4]', target="llvm")
    assert by_key.compute_dag.flop_ct == 2 * 64 + 16
    assert auto_scheduler.make_workload_key(sample_matmul, (4, 4, 4)) == by_key.workload_key


def test_tensors_are_a_workload_by_their_key() -> None:
    dag = auto_scheduler.ComputeDAG(sample_matmul(4, 4, 4))
    assert dag.workload_key() == auto_scheduler.ComputeDAG(sample_matmul(4, 4, 4)).hash_key()
    key = register_workload_tensors(dag.workload_key(), dag.tensors)
    task = auto_scheduler.SearchTask(workload_key=key, target="llvm")
    assert str(task.compute_dag) == str(dag) == str(auto_scheduler.ComputeDAG(key))
    with pytest.raises(WorkloadError, match="expected the key of a workload, a list"):
        register_workload_tensors("key", dag.tensors)
    with pytest.raises(NotOfferedError, match="the ComputeDAG of a schedule"):
        auto_scheduler.ComputeDAG(te.create_schedule(dag.tensors[-1].op))
