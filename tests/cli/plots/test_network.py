"""Pictures of networks."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from autosched.backends.cpu.reporter import CpuReporter
from autosched.cli.plots.network import edges_of, network_svg
from autosched.graph.parser import parse
from autosched.models import compile
from autosched.tuning_logs import MemoryStore

SOURCE = """graph net(x: float32[4, 4]) {
  a = softmax(x) @"a<b&\\u001b"
  b = hardmax(a)
  c = softmax(b)
  v = flatten(a, axis=0)
  d = add(c, a)
  e = softmax(d)
  s = hardmax(v)
  return e, s
}"""


def test_a_box_for_each_step_and_a_line_for_what_it_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CpuReporter, "least_ns", lambda *given: 1.0)
    model = compile(parse(SOURCE), threads=1, db=MemoryStore())
    profile = model.profile(repeats=1)
    network = model.networks[0]
    names = [step.group.name for step in network.steps]
    edges = {(names[first], names[last]) for first, last in edges_of(network)}
    assert ("a<b&\x1b", "b") in edges
    assert ("a<b&\x1b", "s") in edges  # by a view
    drawn = network_svg(network, profile)
    root = ElementTree.fromstring(drawn)
    tips = [title.text or "" for title in root.iter("{http://www.w3.org/2000/svg}title")]
    assert len(tips) == len(names)
    assert tips[0].startswith("a<b&\\x1b; default: ")
    assert len(root.findall(".//{http://www.w3.org/2000/svg}path")) == len(edges)
