"""Values have places by who reads them, and native steps in a row are one plan."""

from __future__ import annotations

import numpy as np

from autosched.backends.parse import parse as parse_target
from autosched.graph.infer import bind
from autosched.graph.kernels import Kernels
from autosched.graph.layout import Layout
from autosched.graph.parser import parse
from autosched.graph.steps import steps_of
from autosched.graph.weights import Weights
from autosched.runtime.plan import Place

SOURCE = """graph g(x: float32[4, 6]) {
  a = softmax(x)
  b = softmax(a)
  c = hardmax(b)
  d = softmax(c)
  e = flatten(d)
  n = nonzero(c)
  return e, d, n, x
}"""


def layout() -> Layout:
    graph = bind(parse(SOURCE), {})
    return Layout(graph, steps_of(graph, parse_target("cpu -threads=1"), Kernels()), Weights())


def test_native_steps_in_a_row_are_one_plan() -> None:
    parts = [(plan is not None, len(steps)) for plan, steps in layout().parts()]
    assert parts == [(True, 2), (False, 1), (True, 1), (False, 1)]


def test_places() -> None:
    made = layout()
    first, _, last, _ = (plan for plan, _ in made.parts())
    assert first is not None
    assert last is not None
    (start, end), (again, middle) = (call.operands for call in first.calls)
    assert start == Place("input", 0)
    assert end.space == again.space == middle.space == "arena"
    assert end == again != middle
    assert last.calls[0].operands == (middle_of(made), Place("output", 0))
    assert [value.name for value in made.results] == ["d"]
    assert made.arena_bytes == 256


def middle_of(made: Layout) -> Place:
    """Where `c` lies."""
    (offset,) = (offset for value, offset in made.in_arena.items() if value.name == "c")
    return Place("arena", offset)


def test_a_plan_has_parameters_for_inputs_and_results() -> None:
    plan = layout().parts()[0][0]
    assert plan is not None
    names = [(param.name, param.is_output) for param in plan.signature.params]
    assert names == [("x", False), ("d", True)]
    assert plan.signature.packed[0].shape == (256,)


def test_constants_without_an_order_of_their_own_lie_in_the_weights() -> None:
    source = """graph g(x: float32[2, 3]) {
      v: float32[3] = constant [1, 2, 3]
      s = softmax(x)
      y = mul(s, v)
      return y
    }"""
    graph = bind(parse(source), {})
    weights = Weights()
    made = Layout(graph, steps_of(graph, parse_target("cpu -threads=1"), Kernels()), weights)
    (plan, _), *_ = made.parts()
    assert plan is not None
    spaces = [place.space for place in plan.calls[0].operands]
    assert sorted(spaces) == ["input", "output", "weights"]
    assert weights.bytes == 64
    assert np.prod(plan.signature.packed[1].shape) == 64
