"""Parts of arrays and what they are put together of lie in one memory, and are right."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.backends.parse import parse as parse_target
from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph
from autosched.graph.infer import bind
from autosched.graph.network import Network, compiled
from autosched.graph.parser import parse
from autosched.graph.views import Within, views_of

rng = np.random.default_rng(5)


def graph_of(body: str) -> Graph:
    return bind(parse("graph g(x: float32[4, 16]) {\n" + body + "\n}"), {})


def places(graph: Graph) -> dict[str, tuple[str, int]]:
    """The values that lie in others, by name."""
    views = views_of(graph)
    found = {value.name: views.place(value) for value in graph.values}
    return {name: (at.root.name, at.start) for name, at in found.items() if at.root.name != name}


def run(graph: Graph, target: str = "cpu -threads=1") -> Network:
    """The network, which is right on an arena that was used, too."""
    made = compiled(graph, parse_target(target))
    for _ in range(2):
        x = rng.standard_normal((4, 16)).astype(np.float32)
        for got, wanted in zip(made.run([x]), evaluate(graph, [x]), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    return made


def test_what_is_concatenated_is_written_in_its_place() -> None:
    graph = graph_of("""a = softmax(x)
  b = softmax(a)
  c = concat(a, b, axis=0)
  d = softmax(c)
  return d""")
    assert places(graph) == {"a": ("c", 0), "b": ("c", 64)}
    made = run(graph)
    assert [step.group.nodes[0].name for step in made.steps] == ["a", "b", "d"]
    assert made.arena_bytes == 2 * 4 * 16 * 4


def test_concatenations_that_grow_share_one_memory() -> None:
    graph = graph_of("""a = softmax(x)
  b = softmax(a)
  ab = concat(a, b, axis=0)
  c = softmax(ab)
  all = concat(a, b, c, axis=0)
  d = softmax(all)
  return d""")
    assert places(graph) == {
        "a": ("all", 0),
        "b": ("all", 64),
        "ab": ("all", 0),
        "c": ("all", 128),
    }
    assert len(run(graph).steps) == 4


def test_concatenations_within_another_and_through_reshapes() -> None:
    graph = graph_of("""to: int64[2] = constant [8, 8]
  a = softmax(x)
  r = reshape(a, to)
  b = softmax(r)
  inner = concat(b, r, axis=0)
  e = softmax(b)
  outer = concat(e, inner, axis=0)
  y = softmax(outer)
  return y""")
    assert places(graph) == {
        "e": ("outer", 0),
        "inner": ("outer", 64),
        "b": ("outer", 64),
        "a": ("outer", 128),
        "r": ("outer", 128),
    }
    run(graph)


def test_slices_and_splits_are_ranges() -> None:
    graph = graph_of("""a = softmax(x)
  one: int64[1] = constant [1]
  two: int64[1] = constant [2]
  three: int64[1] = constant [3]
  s = slice(a, one, three)
  p, q = split(a, parts=2)
  b = softmax(s)
  c = softmax(p)
  d = softmax(q)
  return b, c, d""")
    assert places(graph) == {"s": ("a", 16), "p": ("a", 0), "q": ("a", 32)}
    assert len(run(graph).steps) == 4


@pytest.mark.parametrize(
    "body",
    [
        "a = softmax(x)\n b = softmax(a)\n c = concat(a, b, axis=1)\n d = softmax(c)\n return d",
        "a = softmax(x)\n c = concat(a, a, axis=0)\n d = softmax(c)\n return d",
        "a = softmax(x)\n c = concat(x, a, axis=0)\n d = softmax(c)\n return d",
        "a = softmax(x)\n b = softmax(a)\n c = concat(a, b, axis=0)\n return c",
        "a = softmax(x)\n b = softmax(a)\n c = concat(a, b, axis=0)\n"
        " d = softmax(c)\n return d, b",
        "p, q = split(x, parts=2)\n a = softmax(p)\n b = softmax(q)\n return a, b",
        "a = softmax(x)\n p, q = split(a, parts=2, axis=1)\n b = softmax(p)\n return b, q",
        "a = softmax(x)\n p, q = split(a, parts=2)\n b = softmax(p)\n return b, q",
        "a = softmax(x)\n one: int64[1] = constant [1]\n four: int64[1] = constant [4]\n"
        " axes: int64[1] = constant [0]\n s = slice(a, one, four, axes, two)\n b = softmax(s)\n"
        " two: int64[1] = constant [2]\n return b",
    ],
    ids=["inner axis", "twice", "of an input", "returned", "a part returned", "of an input split",
         "columns", "returned part", "every second"],
)  # fmt: skip
def test_others_are_computed(body: str) -> None:
    if "two" in body:  # constants come before what reads them
        lines = body.split("\n")
        body = "\n".join([lines[-2], *lines[:-2], lines[-1]])
    graph = graph_of(body)
    assert not places(graph)
    run(graph)


def test_ranges_that_are_not_aligned_are_computed() -> None:
    graph = graph_of("""three: int64[2] = constant [0, 0]
  ends: int64[2] = constant [1, 3]
  a = softmax(x)
  s = slice(a, three, ends)
  t = softmax(s)
  c = concat(t, t, axis=1)
  d = concat(t, s, axis=1)
  y = softmax(c)
  z = softmax(d)
  return y, z""")
    assert places(graph) == {"s": ("a", 0)}
    run(graph)


def test_numpy_writes_into_its_place_too() -> None:
    graph = graph_of("""a = hardmax(x)
  b = softmax(a)
  c = concat(b, a, axis=0)
  d = hardmax(c)
  return d""")
    assert places(graph) == {"a": ("c", 64), "b": ("c", 0)}
    run(graph)


def test_a_place_in_a_place() -> None:
    graph = graph_of("""a = softmax(x)
  p, q = split(a, parts=2)
  r, s = split(q, parts=2)
  y = softmax(s)
  return y""")
    (s,) = (value for value in graph.values if value.name == "s")
    (a,) = (value for value in graph.values if value.name == "a")
    assert views_of(graph).place(s) == Within(a, 48)
    run(graph)
