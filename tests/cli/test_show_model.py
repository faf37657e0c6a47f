"""`autosched show net.onnx`."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosched.backends.cpu.reporter import CpuReporter
from tests.cli.calling import call, refused
from tests.graph.offload.targets import accelerator

onnx = pytest.importorskip("onnx")

SOURCE = """<ir_version: 8, opset_import: ["" : 18]>
net (float[n, 6] x) => (float[n, 6] y) {
  e = Relu(x)
  h = Hardmax(e)
  y = Relu(h)
}"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "none.db"))
    monkeypatch.setattr(CpuReporter, "least_ns", lambda *given: 1.0)
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx.parser.parse_model(SOURCE).SerializeToString())
    return str(path)


def test_the_graph_as_it_is_read(net: str) -> None:
    document = call("show", net, "--json").document
    assert document == {
        "model": net,
        "ir": "graph",
        "text": "graph net(x: float32[n, 6]) {\n  e = relu(x)\n  h = hardmax(e)\n"
        "  y = relu(h)\n  return y\n}",
    }


def test_forms_of_a_size(net: str) -> None:
    words = ("show", net, "--size", "n=2", "--threads", "1")
    assert "1: h, by NumPy" in call(*words, "--ir", "fused").out
    assert "network net: arena 128 bytes" in call(*words, "--ir", "plan").out
    loops = call(*words, "--ir", "loops").out
    assert loops.count("# task ") == 1
    assert loops.splitlines()[0].endswith(": e, y")
    assert "max(x0[" in loops
    assert "retq" in call(*words, "--ir", "asm").out


def test_what_each_pass_takes(net: str) -> None:
    document = call("show", net, "--size", "n=2", "--passes", "--json").document
    assert "fold" in [each["name"] for each in document["passes"]]
    assert document["passes"][-1]["nodes"] == 3


def test_a_picture(net: str, tmp_path: Path) -> None:
    picture = tmp_path / "net.svg"
    words = ("show", net, "--size", "n=2", "--threads", "1", "--plot", str(picture))
    assert call(*words, "--json").document["plot"] == str(picture)
    assert picture.read_text().startswith("<svg")


def test_steps_of_two_targets(tmp_path: Path) -> None:
    source = """<ir_version: 8, opset_import: ["" : 18]>
    net (int8[1, 16, 2, 2] x) => (float[1, 16, 2, 2] f) {
      y = Relu(x)
      f = Cast <to = 1> (y)
    }"""
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx.parser.parse_model(source).SerializeToString())
    words = ("show", str(path), "--target", accelerator(tmp_path), "--threads", "1", "--ir")
    assert "y, task" in (fused := call(*words, "fused").out)
    assert "default, on vta" in fused
    assert "default, on cpu" in fused
    assert "by Python: y, task" in call(*words, "plan").out
    programs, code = call(*words, "vta").out, call(*words, "asm").out
    assert (programs.count("# task "), code.count("# task ")) == (1, 2)
    assert "alu op=max" in programs
    assert "retq" in code


def test_what_cannot_be_shown(net: str) -> None:
    assert "got no file at none.db" in refused("show", net, "--ir", "fused", "--db", "none.db")
    assert "a value for each size of net" in refused("show", net, "--ir", "plan")
    assert "do not go with a model" in refused("show", net, "--after", "unroll")
    assert "ends in .svg" in refused("show", net, "--plot", "net.png")
    assert "does not go with a target of kind cpu" in refused("show", net, "--ir", "vta")
    assert "go with the file of a model" in refused("show", "relu", "--ir", "plan")
