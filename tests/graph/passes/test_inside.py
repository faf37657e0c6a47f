"""Constants go into the graphs inside nodes."""

from __future__ import annotations

import numpy as np

from autosched.graph.evaluate import evaluate
from autosched.graph.infer import bind
from autosched.graph.operators.control import Control
from autosched.graph.parser import parse
from autosched.graph.passes.inside import inside
from autosched.graph.verifier import verify

BODY = """body: graph body(i: int64[], c: bool[], v: float32[2], m: float32[2], k: float32[2]) {
      p = mul(v, m)
      q = add(p, k)
      again = identity(c)
      return again, q
    }"""

NET = f"""graph g(x: float32[2], y: float32[2]) {{
  runs: int64[] = constant [3]
  start: float32[2] = constant [1, 2]
  factor: float32[2] = constant [3, 4]
  z = loop(runs, _, start, factor, y, carried=1)
    {BODY}
  a = add(z, x)
  return a
}}"""


def test_what_stays_the_same_goes_inside_and_what_is_carried_does_not() -> None:
    graph = bind(parse(NET), {})
    new = inside(graph)
    verify(new)
    (node,) = (node for node in new.nodes if isinstance(node.operator, Control))
    assert [value and value.name for value in node.inputs] == ["runs", None, "start", "y"]
    (body,) = node.operator.bodies.values()
    assert [value.name for value in body.inputs] == ["i", "c", "v", "k"]
    assert [value.name for value in body.constants] == ["m"]
    x = [np.array([1, 2], np.float32), np.array([5, 6], np.float32)]
    np.testing.assert_array_equal(evaluate(new, x)[0], evaluate(graph, x)[0])


def test_a_graph_without_constants_to_move_stays() -> None:
    text = NET.replace("factor, y", "x, y").replace("start, ", "y, ", 1)
    graph = inside(bind(parse(text), {}))
    (node,) = (node for node in graph.nodes if isinstance(node.operator, Control))
    assert len(node.inputs) == 5
