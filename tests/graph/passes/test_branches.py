"""A branch that is chosen when sizes are bound takes the place of its `if`."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.infer import bind
from autosched.graph.parser import parse
from autosched.graph.passes.branches import branches
from autosched.graph.verifier import verify
from tests.graph.networks import choice_net

NET = """
graph net(x: float32[n]) {
  k: int64[] = constant [3]
  s = size(x)
  c = equal(s, k)
  y = if(c, x)
    then: graph a(v: float32[n]) {
      f: bool[] = constant [1]
      w = if(f, v)
        then: graph b(u: float32[n]) {
          e = exp(u)
          return e
        }
        otherwise: graph c(u: float32[n]) {
          e = neg(u)
          return e
        }
      return w
    }
    otherwise: graph d(v: float32[n]) {
      w = neg(v)
      return w
    }
  return y
}
"""


def net() -> Graph:
    return parse(NET)


@pytest.mark.parametrize(("size", "left"), [(3, "exp"), (4, "neg")])
def test_a_size_chooses_a_branch_and_those_inside_it(size: int, left: str) -> None:
    graph = net()
    new = branches(bind(graph, {"n": size}))
    verify(new)
    kinds = [node.operator.name for node in new.nodes]
    assert kinds == [left]
    assert [value.name for value in new.outputs] == ["y"]
    assert new.outputs[0].type == new.inputs[0].type
    x = np.arange(size, dtype=np.float32)
    np.testing.assert_array_equal(evaluate(new, [x])[0], evaluate(graph, [x])[0])


def test_a_condition_that_only_a_run_tells_stays() -> None:
    graph = bind(choice_net(), {})
    assert [node.operator.name for node in branches(graph).nodes] == ["if"]
