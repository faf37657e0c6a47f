"""Models run on the sizes that come, from several threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from functools import partial
from typing import Any

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.errors import GraphError
from autosched.graph import kept
from autosched.graph import model as models
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.model import Model, with_sizes
from autosched.graph.network import compiled
from autosched.graph.parser import parse
from autosched.measure.outcome import Outcome
from autosched.tuning_logs import MemoryStore
from tests.graph.networks import image_net
from tests.measure.replay import ReplayMeasurer

rng = np.random.default_rng(3)

RESHAPING = """graph g(x: float32[n, 6], to: int64[k]) {
  y = exp(x)
  z = reshape(y, to)
  return z
}"""


def model(graph: Graph) -> Model:
    return Model(graph, parse_target("cpu -threads=1"), nullcontext, nullcontext)


def floats(*shape: int) -> np.ndarray:
    return rng.standard_normal(shape).astype(np.float32)


def check(made: Model, *arrays: np.ndarray) -> None:
    for got, wanted in zip(made.run(arrays), evaluate(made.graph, arrays), strict=True):
        assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-5)


def test_a_network_for_each_size_is_compiled_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = model(image_net())
    for n in (1, 2, 1, 2):
        check(made, floats(n, 3, 8, 8))
    first, second = made.networks
    assert made.network({"n": 1}) is first
    assert made.networks == [second, first]  # the one used last at the end
    monkeypatch.setattr(kept, "MOST_NETWORKS", 2)
    made.network({"n": 3})
    assert first in made.networks
    assert second not in made.networks


def test_inputs_that_decide_shapes_are_known_to_the_network() -> None:
    made = model(parse(RESHAPING))
    x = floats(2, 6)
    for shape in ([3, 4], [-1], [3, 4]):
        check(made, x, np.array(shape))
    assert len(made.networks) == 2
    assert [step.schedule for step in made.report.steps] == ["default"]
    assert made.network({"n": 2}, {"to": np.array([-1])}) in made.networks
    with pytest.raises(GraphError, match="an array for the input to of g, on which shapes depend"):
        made.network({"n": 2})
    with pytest.raises(GraphError, match="expected 2 inputs of g, got 1"):
        made.run([x])  # what the last network takes


def test_an_input_of_any_rank() -> None:
    made = model(parse("graph g(x) {\n  y = relu(x)\n  return y\n}"))
    check(made, floats(3))
    check(made, floats(2, 3))
    check(made, np.array([-1, 1]))
    assert made.inputs == {"x": None}
    with pytest.raises(GraphError, match="expected an array for the input x"):
        made.network()
    assert made.network({}, {"x": floats(2, 3)}) in made.networks


def test_what_is_computed_from_such_inputs_is_known_too() -> None:
    made = model(
        parse("""graph g(x: float32[4, 6], n: int64[1]) {
          one: int64[1] = constant [1]
          m = add(n, one)
          to = concat(m, n, axis=0)
          z = reshape(x, to)
          y = relu(z)
          return y, n
        }""")
    )
    with pytest.raises(GraphError):
        made.run([floats(4, 6), np.array([2])])
    made = model(with_sizes(parse(RESHAPING), {"n": 1, "k": 2}))
    check(made, floats(1, 6), np.array([2, 3]))


def test_threads_run_one_model_at_once() -> None:
    made = model(image_net())
    arrays = [floats(1 + number % 2, 3, 8, 8) for number in range(40)]
    wanted = [evaluate(made.graph, [x])[0] for x in arrays]
    with ThreadPoolExecutor(4) as pool:
        for got, expected in zip(pool.map(made, arrays), wanted, strict=True):
            np.testing.assert_allclose(got[0], expected, rtol=1e-5, atol=1e-5)
    assert len(made.networks) == 2


def test_a_size_that_cannot_be_compiled_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: Any) -> Any:
        raise GraphError("broken")

    made = model(image_net())
    monkeypatch.setattr(models, "compiled", broken)
    with pytest.raises(GraphError, match="broken"):
        made.network({"n": 1})
    assert made.networks == []
    with pytest.raises(GraphError, match="expected a network of net that is compiled"):
        _ = made.report
    monkeypatch.setattr(models, "compiled", compiled)
    check(made, floats(1, 3, 8, 8))


def test_calls_like_the_last_one_are_checked_too() -> None:
    made = model(image_net())
    x = floats(1, 3, 8, 8)
    (wanted,) = made.run([x])
    assert np.array_equal(made.run([x])[0], wanted)
    assert np.array_equal(made.run([np.asfortranarray(x)])[0], wanted)
    with pytest.raises(GraphError, match="for the input x, got float64"):
        made.run([x.astype(float)])
    with pytest.raises(GraphError, match="expected an array for the input x, got a list"):
        made.run([x.tolist()])
    check(made, floats(2, 3, 8, 8))
    made.forget()
    check(made, x)
    with pytest.raises(GraphError, match="in order or by name, got both"):
        made(x, x=x)
    assert np.array_equal(made(x=x)[0], wanted)


def test_sizes_that_are_none_of_the_models() -> None:
    made = model(image_net())
    assert made.sizes == ["n"]
    for sizes, message in (
        ({"m": 1}, r"expected sizes of net \(n\), got m"),
        ({"n": -1}, "expected a number for the size n, got -1"),
        ({}, "expected a value for each size of net, got none for n"),
    ):
        with pytest.raises(GraphError, match=message):
            made.network(sizes)


def test_forgotten_networks_are_compiled_anew() -> None:
    made = model(image_net())
    first = made.network({"n": 1})
    made.forget()
    assert made.network({"n": 1}) is not first


def test_tuning_compiles_the_networks_anew_with_what_was_found() -> None:
    store = MemoryStore()
    known = partial(nullcontext, store)
    made = Model(image_net(), parse_target("cpu -threads=1"), known, known)
    with pytest.raises(GraphError, match="that is compiled, got none"):
        made.tune(trials=1)
    before = made.network({"n": 1})
    with pytest.raises(GraphError, match="a number of trials or a time limit, got neither"):
        made.tune()
    steps = [step for step in before.steps if step.task is not None]
    assert sum(task.weight for task in made.tasks) == len(steps)
    measurer = ReplayMeasurer(lambda workload, trace: Outcome("ok", "", (5.0,)))
    result = made.tune(trials=40, strategy="random", measurer=measurer)
    assert result.trials == 40
    (after,) = made.networks
    assert after is not before
    tuned = [step.choice.origin for step in after.steps if step.choice is not None]
    assert "tuned" in tuned
    check(made, floats(1, 3, 8, 8))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda made: made.network(["n"]), "expected sizes by name, got a list"),
        (lambda made: made.network({"n": -1}), "expected a number for the size n, got -1"),
        (lambda made: made.profile([floats(1, 3, 8, 8)], repeats=0), "of 1 or more, got 0"),
        (lambda made: made.tune(trials=-1), "number of trials, of 0 or more, got -1"),
        (lambda made: made.tune(time_limit=-1.0), "a time limit in seconds, got -1.0"),
    ],
)
def test_numbers_that_cannot_be(call: Any, message: str) -> None:
    with pytest.raises(GraphError, match=message):
        call(model(image_net()))


def test_sizes_may_be_numbers_of_numpy() -> None:
    made = model(image_net())
    assert made.network({"n": np.int64(2)}) is made.network({"n": 2})
    assert str(with_sizes(image_net(), {"n": np.int64(2)}).inputs[0].type).endswith("[2, 3, 8, 8]")
