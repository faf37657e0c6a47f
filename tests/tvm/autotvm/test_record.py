from io import StringIO

import pytest

from autosched.tvm.autotvm import MeasureInput, MeasureResult, callback, record
from autosched.tvm.autotvm.record import decode, encode, load_from_file, measure_str_key
from tests.tvm.autotvm.samples import product_task


def pair(number: int, seconds: float = 1.0, error: int = 0):
    task = product_task()
    given = MeasureInput(task.target, task, task.config_space.get(number))
    return given, MeasureResult((seconds,), error, 2.0, 3.0)


def test_a_line_is_read_back() -> None:
    given, result = pair(9)
    read = decode(encode(given, result))
    assert read is not None
    assert read[1] == result
    assert measure_str_key(read[0]) == measure_str_key(given)
    assert read[0].config.index == 9


@pytest.mark.parametrize(
    "line",
    [
        encode(*pair(1))[:-30],
        "[]",
        "{}",
        '{"i": ["llvm"], "r": [[0.1], 0, 1, 2], "v": "v0.1"}',
        encode(*pair(1)).replace('"sp"', '"other"'),
        encode(*pair(1)).replace("[[", "["),
        encode(*pair(1)).replace("[1.0]", "[]"),
        encode(*pair(1)).replace("[1.0]", "[{}]"),
        encode(*pair(1)).replace("[1.0]", "[NaN]"),
        encode(*pair(1)).replace("[1.0]", '"llvm"'),
        encode(*pair(1)).replace('["llvm"', '[["llvm"]'),
    ],
)
def test_a_line_that_is_cut_or_of_another_kind_is_passed_over(line: str, caplog) -> None:
    whole = encode(*pair(1))
    (read,) = load_from_file(StringIO(f"{whole}\n{line}\n"))
    assert read[0].config.index == 1
    assert "is passed over, since it is malformed" in caplog.text


def test_the_fastest_record_of_a_task_is_picked(tmp_path) -> None:
    log, best = str(tmp_path / "all.log"), str(tmp_path / "best.log")
    pairs = [pair(1, 3.0), pair(2, 2.0), pair(3, 1.0, error=4)]
    callback.log_to_file(log)(None, *zip(*pairs, strict=True))
    record.pick_best(log, best)
    assert [given.config.index for given, _ in load_from_file(best)] == [2]


def test_progress_is_shown(capsys) -> None:
    class Tuner:
        best_flops = 4e9

        def flops(self, result):
            return 2e9

    show = callback.progress_bar(2, prefix="task")
    show(Tuner(), *map(list, zip(pair(1), pair(2), strict=True)))
    assert capsys.readouterr().err == ("\rtask     2.00/    4.00 GFLOPS | progress: (2/2)\n")


def test_the_records_of_each_workload_get_a_file(tmp_path) -> None:
    log = str(tmp_path / "all.log")
    pairs = [pair(1, 3.0), pair(2, 2.0), pair(1, 1.0), pair(4, 1.0, error=4)]
    callback.log_to_file(log)(None, *zip(*pairs, strict=True))
    record.split_workload(log)
    read = list(load_from_file(f"{log}.000.wkl"))
    assert [(g.config.index, r.costs) for g, r in read] == [(1, (1.0,)), (2, (2.0,))]
    record.split_workload(log, clean=False)
    assert len(list(load_from_file(f"{log}.000.wkl"))) == 4
