import json

import pytest

from autosched.errors import AutoschedError
from autosched.tuning_logs import MemoryStore
from autosched.tvm import auto_scheduler
from autosched.tvm.auto_scheduler.loop_state import State
from autosched.tvm.auto_scheduler.measure import MeasureInput, MeasureResult
from tests.tvm.auto_scheduler.samples import MadeUpMeasurer, sample_task

KEY = '["sample_matmul", 8, 8, 8]'
STEPS = [["SP", 4, 0, 8, [4], 1], ["AN", 4, 2, 2]]


def theirs(key=KEY, target="llvm -keys=cpu", steps=STEPS, version="v0.6", seconds=1e-5) -> str:
    state = [[], steps]
    return json.dumps(
        {"i": [[key, target, [18, 64, 64, 0, 0, 0, 0, 0], "", 1], state],
         "r": [[seconds], 0, 0.3, 1607112214], "v": version}
    )  # fmt: skip


def write(path, *lines: str) -> str:
    path.write_text("# a comment\n\n" + "\n".join(lines), encoding="utf-8")
    return str(path)


def test_a_log_of_tvm_is_read_and_what_cannot_be_said_is_counted(tmp_path) -> None:
    log = write(
        tmp_path / "log.json",
        theirs(),
        theirs(version="v0.3"),
        theirs(version="v0.9"),
        theirs(target="cuda -keys=cuda,gpu"),
        theirs(key='["other", 8]'),
        theirs(key="no key"),
        theirs(steps=[["AN", 4, 0, 5]]),
        theirs(steps=[["CI", 2]]),
        theirs()[:90],
        "[1, 2]",
    )
    reading = auto_scheduler.load_log(log)
    assert len(reading.records) == 2
    given, result = reading.records[0]
    assert json.loads(given.state.trace)["steps"] == [
        ["split", 4, 0, {"factor": 4, "tail": "guard"}], ["vectorize", 4, 1],
    ]  # fmt: skip
    assert result.costs == (1e-5,)
    assert reading.refused.total() == 8
    text = str(reading)
    assert text.startswith("2 records were read, 8 were not\n2 times: expected a whole record")
    for reason in ("got v0.9", "got one for cuda", "'other'", "'no key'", "thread of a GPU"):
        assert reason in text


def test_a_record_as_text() -> None:
    given, result = auto_scheduler.load_record_from_string(theirs())
    text = auto_scheduler.dump_record_to_string(given, result)
    assert auto_scheduler.measure_record.load_record_from_string(text)[1] == result
    with pytest.raises(AutoschedError, match="expected a whole record"):
        auto_scheduler.load_record_from_string(text[:40])


@pytest.mark.parametrize(
    "line",
    [
        theirs(target=""),
        theirs(target=["llvm"]),
        theirs(key=["sample_matmul", 8, 8, 8]),
        theirs(key='["sample_matmul"]'),
        theirs(key='["sample_matmul", 8, 8, -8]'),
        theirs(key="[[]]"),
        theirs(steps=[[]]),
        theirs(steps=[7]),
        theirs(steps={}),
        theirs(steps=[["SP", 4]]),
        theirs(steps=[["SP", 4, 0, 8, ["x"], 1]]),
        theirs(steps=[["RE", 4, [7, 9]]]),
        theirs(steps=[["??", 4]]),
        theirs(version=6),
        theirs(version=None),
        theirs(seconds=None),
        theirs(seconds=-1.0),
        theirs().replace("[1e-05]", "[]"),
        theirs().replace("[1e-05]", "[NaN]"),
        theirs(version="autosched 0.1"),
        "[" * 5000,
        '{"i": 1, "r": 2, "v": 3}',
    ],
)
def test_a_line_that_is_broken_is_counted(tmp_path, line: str) -> None:
    reading = auto_scheduler.load_log(write(tmp_path / "log.json", line, theirs()))
    assert (len(reading.records), reading.refused.total()) == (1, 1)


def test_the_schedules_of_a_log_are_measured_here_and_stored(tmp_path) -> None:
    log = write(tmp_path / "log.json", theirs(), theirs(), theirs(steps=[]))
    store = MemoryStore()
    reading = auto_scheduler.load_log(log)
    trials = reading.measure_into(store, MadeUpMeasurer())
    assert [trial.outcome for trial in trials] == ["ok", "ok"]
    assert len(list(store.trials())) == 2
    assert not reading.measure_into(store, MadeUpMeasurer()), "the database has them"
    task = sample_task().search_task
    best = store.best(task.key, task.target_record.text, task.threads)
    assert best is not None
    assert json.loads(best.trace)["steps"] == []


def test_our_lines_are_read_back_and_the_best_is_found(tmp_path) -> None:
    task = sample_task()
    log = tmp_path / "ours.json"
    split = '{"version":1,"steps":[["split",4,0,{"factor":2,"tail":"guard"}]]}'
    inputs = [
        MeasureInput(task, State(task.compute_dag.tensors, text))
        for text in ('{"version":1,"steps":[]}', split)
    ]
    results = [MeasureResult((seconds,), 0, "", 0.5, 1.0) for seconds in (2e-6, 1e-6)]
    auto_scheduler.RecordToFile(log)(inputs[:1], results[:1])
    auto_scheduler.save_records(str(log), inputs[1:], results[1:])
    assert [given.state.trace for given, _ in auto_scheduler.load_records(log)][1] == split
    best, result = auto_scheduler.load_best_record(log, task.workload_key)
    assert best is not None
    assert result is not None
    assert best.state.trace == split
    assert result.costs == (1e-6,)
    assert auto_scheduler.load_best_record(log, '["other"]') == (None, None)
    read_inputs, read_results = auto_scheduler.RecordReader(log).read_lines(1, skip_lines=1)
    assert (len(read_inputs), read_results) == (1, results[1:])


def test_an_own_line_whose_trace_does_not_apply_is_counted(tmp_path) -> None:
    task = sample_task()
    log = str(tmp_path / "ours.json")
    wrong = State(
        task.compute_dag.tensors,
        '{"version":1,"steps":[["split",9,0,{"factor":2,"tail":"guard"}]]}',
    )
    result = MeasureResult((1e-6,), 0, "", 0.5, 1.0)
    auto_scheduler.save_records(log, [MeasureInput(task, wrong)], [result])
    assert auto_scheduler.load_log(log).refused.total() == 1


@pytest.mark.parametrize("tail", ["", '{"i": ['])
def test_a_log_without_records_has_no_best(tmp_path, tail: str) -> None:
    assert auto_scheduler.load_best_record(write(tmp_path / "log.json", tail)) == (None, None)


def test_the_fastest_record_of_each_workload_is_kept(tmp_path) -> None:
    lines = [
        theirs(seconds=3e-5), theirs(seconds=1e-5), theirs(key='["sample_matmul", 8, 8, 4]'), "{"
    ]  # fmt: skip
    log, best = write(tmp_path / "log.json", *lines), str(tmp_path / "best.json")
    auto_scheduler.distill_record_file(log, best)
    kept = list(auto_scheduler.load_records(best))
    assert [json.loads(given.task.workload_key)[-1] for given, _ in kept] == [8, 4]
    assert kept[0][1].costs == (1e-5,)
