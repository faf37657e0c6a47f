import logging

import pytest

from autosched.tvm import autotvm
from autosched.tvm.autotvm.tuner import GATuner, GridSearchTuner, RandomTuner, XGBTuner
from tests.tvm.autotvm.samples import OPTION, product_task


@pytest.mark.parametrize("kind", [GATuner, GridSearchTuner, RandomTuner, XGBTuner])
def test_every_tuner_measures_new_configurations(kind) -> None:
    heard: list[int] = []
    tuner = kind(product_task())
    tuner.tune(20, OPTION, callbacks=[lambda tuner, i, r: heard.extend(x.config.index for x in i)])
    assert len(set(heard)) == len(heard) == 20
    assert tuner.visited == set(heard)
    assert tuner.best_flops > 0
    assert tuner.has_next()


@pytest.mark.parametrize("kind", [GATuner, GridSearchTuner, RandomTuner, XGBTuner])
def test_every_tuner_finds_the_best_of_all_legal_ones(kind) -> None:
    tuner = kind(product_task())
    tuner.tune(1000, OPTION)
    assert len(tuner.visited) == 6 * 5, "tiles wider than 16 are illegal"
    assert tuner.best_config["tile_y"].size == [4, 8]
    assert tuner.best_config["tile_x"].size == [8, 4]


def test_a_range_of_numbers() -> None:
    tuner = GridSearchTuner(product_task(), range_idx=(8, 15))
    assert (tuner.begin_idx, tuner.end_idx, tuner.index, tuner.visited_max) == (8, 16, 8, 8)
    tuner.tune(100, OPTION)
    assert tuner.visited == set(range(8, 16))
    assert not tuner.has_next()
    other = RandomTuner(product_task(), range_idx=(8, 15))
    other.tune(100, OPTION)
    assert other.visited == tuner.visited


def test_a_search_stops_where_nothing_gets_better() -> None:
    class Equal(type(OPTION["runner"])):
        def result(self, config):
            return autotvm.MeasureResult((1e-6,), 0, 0.1, 0.0)

    tuner = GridSearchTuner(product_task())
    tuner.tune(1000, autotvm.measure_option("local", Equal()), early_stopping=4)
    assert len(tuner.visited) == 16, "a batch is measured whole"


def test_a_failed_result_has_no_speed(caplog) -> None:
    runner = OPTION["runner"]
    failed = autotvm.MeasureResult(("no",), autotvm.MeasureErrorNo.RUNTIME_DEVICE, 0.1, 0.0)

    class Failing(type(runner)):
        def result(self, config):
            return failed

    with caplog.at_level(logging.DEBUG, "autotvm"):
        tuner = GridSearchTuner(product_task())
        tuner.tune(3, autotvm.measure_option("local", Failing()))
    assert tuner.best_config is None
    assert "No: 3\tGFLOPS: 0.00/0.00" in caplog.text


def test_what_the_database_knows_is_heard_first(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "tuning.db"))
    monkeypatch.setattr(
        "autosched.backends.cpu.backend.CpuBackend.measurer",
        lambda *given: Closing(RUNNING),
    )
    option = autotvm.measure_option("local", "local")
    first, second = GridSearchTuner(product_task()), GridSearchTuner(product_task())
    first.tune(4, option)
    heard: list[int] = []
    second.tune(2, option, callbacks=[lambda tuner, i, r: heard.append(len(i))])
    assert heard == [1, 2], "the best of the database, then what is new"
    assert len(first.visited) == 4
    assert len(second.visited) == 6
    assert first.visited < second.visited


class Closing:
    def __init__(self, outcome):
        self.outcome = outcome

    def measure(self, workload, candidates, best_ns=None, report=None):
        for place, _ in enumerate(candidates):
            report(place, self.outcome)
        return [self.outcome] * len(candidates)

    def compare(self, workload, candidates, rounds=10):
        return [self.outcome] * len(candidates)

    def close(self):
        """Do nothing."""


RUNNING = autotvm.measure.outcome_of(autotvm.MeasureResult((1e-6,), 0, 0.1, 0.0))
