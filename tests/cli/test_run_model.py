"""`autosched run net.onnx`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autosched.backends.cpu import trial_run
from autosched.backends.cpu.reporter import CpuReporter
from tests.cli.calling import call, refused
from tests.graph.offload.targets import accelerator

onnx = pytest.importorskip("onnx")

SOURCE = """<ir_version: 8, opset_import: ["" : 18]>
net (float[n, 6] x, int64[k] to) => (float[a, b] y) {
  e = Relu(x)
  h = Hardmax(e)
  y = Reshape(h, to)
}"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "none.db"))
    monkeypatch.setattr(trial_run, "BUDGET_SECONDS", 0.0)
    monkeypatch.setattr(trial_run, "MAX_RESTS", 1)
    monkeypatch.setattr(CpuReporter, "least_ns", lambda *given: 1.0)
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx.parser.parse_model(SOURCE).SerializeToString())
    return str(path)


def test_a_model_is_run_checked_and_timed(net: str) -> None:
    words = (net, "--size", "n=2", "--input", "to=[3,4]", "--threads", "1")
    words += ("--fallback", "onnxruntime")  # everything is supported
    document = call("run", *words, "--json").document
    assert document["model"] == {"file": net, "name": "net"}
    assert document["inputs"] == {"x": "float32[2, 6]", "to": "int64[2]"}
    assert document["drawn"] == ["x"]
    assert document["correct"] is True
    assert document["time_ns"] > 0
    assert document["schedules"] == {"default": 1, "numpy": 1}
    assert [step["operators"] for step in document["steps"]] == [["relu"], ["hardmax"]]
    assert "profile" not in document
    assert document["compile_s"] > 0
    assert (document["arena_bytes"], document["weights_bytes"]) == (64, 0)
    text = call("run", *words, "--no-peers").out
    assert "x, with the seed 0" in text
    assert "correct, largest error 0" in text
    assert "expected an operator with a tensor expression" in text


def test_peers_read_the_same_file(net: str) -> None:
    pytest.importorskip("onnxruntime")
    words = (net, "--size", "n=2", "--input", "to=[-1,4]", "--threads", "1", "--json")
    assert "onnxruntime" in call("run", *words).document["peers"]


def test_a_profile_and_its_trace(net: str, tmp_path: Path) -> None:
    trace = tmp_path / "trace.json"
    words = (net, "--size", "n=2", "--input", "to=[-1,4]", "--threads", "1", "--no-peers")
    done = call("run", *words, "--profile", str(trace), "--json")
    assert [step["nodes"] for step in done.document["profile"]] == [["e"], ["h"]]
    assert len(json.loads(trace.read_text())["traceEvents"]) == 2
    assert "of roofline" in call("run", *words, "--profile").out


def test_on_an_accelerator_cycles_are_told(tmp_path: Path) -> None:
    source = """<ir_version: 8, opset_import: ["" : 18]>
    net (int8[1, 16, 4, 4] x) => (int8[1, 16, 2, 2] y, float[1, 16, 2, 2] f) {
      p = MaxPool <kernel_shape = [2, 2], strides = [2, 2]> (x)
      y = Relu(p)
      f = Cast <to = 1> (y)
    }"""
    path = tmp_path / "net.onnx"
    path.write_bytes(onnx.parser.parse_model(source).SerializeToString())
    words = ("run", str(path), "--target", accelerator(tmp_path))
    document = call(*words, "--json").document
    assert document["correct"] is True
    assert document["cycles"] > 0
    assert [step["target"] for step in document["placed"]] == ["cpu", "vta", "cpu", "cpu"]
    shown = call(*words).out
    assert "in 1 program," in shown
    assert "there is no cast in blocks" in shown


def test_inputs_from_files(net: str, tmp_path: Path) -> None:
    np.save(tmp_path / "x.npy", np.ones((4, 6), np.float32))
    words = (net, "--input", f"x={tmp_path / 'x.npy'}", "--input", "to=[8,3]", "--no-peers")
    document = call("run", *words, "--threads", "1", "--json").document
    assert (document["inputs"]["x"], document["drawn"]) == ("float32[4, 6]", [])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--input", "to=[2,6]"], "expected a value for each size of net, got none for n"),
        (["--size", "n=2"], "expected an array for the input to, on which shapes depend"),
        (["m=3"], "KEY=VALUE and --timeline go with a workload, not with a model"),
        (["--profile", "trace.txt"], "expected a file to write that ends in .json"),
        (["--size", "n=1099511627776", "--input", "to=[-1,1]"], "fit into the memory"),
        (["--size", "n=2", "--input", "to=[5,-1]"], "expected a shape of 12 elements"),
    ],
)
def test_what_cannot_be_run(net: str, words: list[str], message: str) -> None:
    assert message in refused("run", net, *words)


def test_files_that_are_no_models(tmp_path: Path) -> None:
    broken = tmp_path / "net.onnx"
    assert "expected a file of a model" in refused("run", str(broken))
    broken.write_bytes(b"\xff" * 20)
    assert "expected an ONNX model" in refused("run", str(broken))
    for words in (["--profile"], ["--input", "A=a.npy"], ["--fallback", "onnxruntime"]):
        assert "go with the file of a model" in refused("run", "matmul", *words)
