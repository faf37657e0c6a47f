"""Graphs inside nodes are compiled for the shapes that come, and are right."""

from __future__ import annotations

from contextlib import nullcontext

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph import inner
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.model import Model
from autosched.graph.parser import parse

rng = np.random.default_rng(7)

CHOICE = """graph g(x: float32[4, 6]) {
  axes: int64[2] = constant [0, 1]
  zero: float32[] = constant [0]
  w: float32[6] = constant [1, 2, 3, 4, 5, 6]
  s = sum(x, axes)
  c = less(zero, s)
  y = if(c, x, w)
    then: graph a(v: float32[4, 6], f: float32[6]) {
      m = mul(v, f)
      o = softmax(m)
      return o
    }
    otherwise: graph b(v: float32[4, 6], f: float32[6]) {
      o = neg(v)
      return o
    }
  return y
}"""

LOOP = """graph g(x: float32[3, 5], w: float32[5, 5], n: int64[]) {
  y, t = loop(n, _, x, w, carried=1)
    body: graph body(i: int64[], c: bool[], v: float32[3, 5], m: float32[5, 5]) {
      p = matmul(v, m)
      q = softmax(p)
      again = identity(c)
      return again, q, p
    }
  return y, t
}"""

GROWING = """graph g(x: float32[1, 5], n: int64[]) {
  y = loop(n, _, x, carried=1)
    body: graph body(i: int64[], c: bool[], v) {
      twice = concat(v, v, axis=0)
      s = softmax(twice)
      again = identity(c)
      return again, s
    }
  return y
}"""


def model(graph: Graph) -> Model:
    return Model(graph, parse_target("cpu -threads=1"), nullcontext, nullcontext)


def check(made: Model, *arrays: np.ndarray) -> None:
    for got, wanted in zip(made.run(arrays), evaluate(made.graph, arrays), strict=True):
        assert (got.dtype, got.shape) == (wanted.dtype, wanted.shape)
        np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)


def networks(made: Model) -> list[int]:
    """How many networks each inner graph has that was run."""
    return [len(one.networks) for one in _inner(made)]


def _inner(made: Model) -> list[inner.InnerModel]:
    found = made.networks[-1].inner
    assert found is not None
    return found.models


def test_the_branch_that_data_choose_is_compiled_with_its_constants() -> None:
    made = model(parse(CHOICE))
    x = np.abs(rng.standard_normal((4, 6))).astype(np.float32)
    made.network()
    assert networks(made) == []
    check(made, x)
    assert networks(made) == [1]
    check(made, -x)
    check(made, x)
    assert networks(made) == [1, 1]
    first = _inner(made)[0].networks[0]
    assert [step.kernel is not None for step in first.steps] == [True] * len(first.steps)
    assert [value.name for value in first.graph.inputs] == ["v"]


def test_the_body_of_a_loop_is_one_network_for_all_runs() -> None:
    made = model(parse(LOOP))
    x, w = (rng.standard_normal(shape).astype(np.float32) for shape in ((3, 5), (5, 5)))
    for runs in (3, 1, 0):
        check(made, x, w, np.array(runs))
    assert {count for network in made.networks for count in networks(made)} == {1}
    assert any(task.name.startswith("p") for task in made.tasks)


def test_a_body_whose_shapes_grow_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inner, "MOST_SHAPES", 2)
    made = model(parse(GROWING))
    check(made, np.ones((1, 5), np.float32), np.array(4))
    assert networks(made) == [2]


def test_the_number_of_a_run_that_decides_shapes_is_left_to_numpy() -> None:
    source = """graph g(x: float32[6], n: int64[]) {
      t = loop(n, _, x, carried=0)
        body: graph body(i: int64[1], c: bool[], v: float32[6]) {
          one: int64[1] = constant [1]
          end = add(i, one)
          row = slice(v, i, end)
          e = exp(row)
          again = identity(c)
          return again, e
        }
      return t
    }"""
    text = source.replace("i: int64[1]", "number: int64[]").replace(
        "one: int64[1] = constant [1]",
        "one: int64[1] = constant [1]\n          i = reshape(number, one)",
    )
    made = model(parse(text))
    check(made, np.arange(6, dtype=np.float32), np.array(4))
    assert networks(made) == [0]
