import pytest

from autosched.errors import NotOfferedError
from autosched.tvm import autotvm
from tests.tvm.autotvm.samples import product_task


def sample(number: int) -> autotvm.MeasureInput:
    task = product_task()
    return autotvm.MeasureInput(task.target, task, task.config_space.get(number))


def seconds(value: float) -> autotvm.MeasureResult:
    return autotvm.MeasureResult((value,), 0, 0.1, 0.0)


def test_results_are_found_by_their_inputs() -> None:
    db = autotvm.database.DummyDatabase()
    db.save(sample(1), seconds(1.0))
    db.save(sample(2), seconds(3.0))
    assert db.load(sample(1)) == seconds(1.0)
    assert db.load(sample(3)) is None
    assert db.load(sample(3), get_all=True) is None
    db.save(sample(1), seconds(2.0), extend=True)
    assert db.load(sample(1), get_all=True) == [seconds(1.0), seconds(2.0)]
    db.save(sample(2), seconds(4.0))
    assert db.load(sample(2), get_all=True) == [seconds(4.0)]
    ((given, result),) = db.filter(lambda inp, results: results[0].costs[0] < 2)
    assert (given.config.index, result) == (1, seconds(2.0))
    db.flush()
    assert db.load(sample(1)) is None


@pytest.mark.parametrize("name", ["feature", "graph_tuner"])
def test_names_that_are_not_offered(name: str) -> None:
    with pytest.raises(NotOfferedError, match=rf"autotvm\.{name}"):
        getattr(autotvm, name)
    with pytest.raises(NotOfferedError, match="RedisDatabase"):
        autotvm.database.RedisDatabase()
