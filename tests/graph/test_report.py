"""What a report tells of the steps of a network."""

from autosched.backends.parse import parse as parse_target
from autosched.graph.infer import bind
from autosched.graph.network import compiled
from autosched.graph.parser import parse
from autosched.graph.report import report


def test_steps_by_kernel_and_by_numpy() -> None:
    source = """graph g(x: float32[5, 7]) {
      h = hardmax(x) @hard
      t = transpose(h)
      e = exp(t)
      z = relu(e)
      return z
    }"""
    network = compiled(bind(parse(source), {}), parse_target("cpu -threads=1"))
    made = report(network)
    first, second = made.steps
    assert (first.name, first.operators, first.schedule) == ("hard", ("hardmax",), "numpy")
    assert "expected an operator with a tensor expression" in first.reason
    assert first.task is None
    assert first in made.by_numpy
    assert (second.name, second.operators) == ("t +2", ("transpose", "exp", "relu"))
    assert second.nodes == ("t", "e", "z")
    assert second.flops == made.flops == 2 * 35
    assert second.bytes == 2 * 35 * 4
    assert second.schedule == "default"
    assert second.task == network.steps[1].task.key  # type: ignore[union-attr]
    assert made.counts == {"numpy": 1, "default": 1}
    assert made.summary == "2 steps, 1 by NumPy, 1 default"
    assert "transpose+exp+relu" in str(made)
    assert made.summary == "2 steps, 1 by NumPy, 1 default"


def test_one_step() -> None:
    network = compiled(
        bind(parse("graph g(x: float32[5]) {\n  y = exp(x)\n  return y\n}"), {}),
        parse_target("cpu -threads=1"),
    )
    assert report(network).summary == "1 step, 1 default"
