"""The users' functions for models: compile, save, load."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import autosched
from autosched.errors import DatabaseError, GraphError, TargetError
from autosched.graph.evaluate import evaluate
from autosched.graph.parser import parse
from autosched.target.probe import probe
from autosched.tuning_logs import MemoryStore
from tests.graph.networks import image_net

x = np.linspace(-1, 1, 192, dtype=np.float32).reshape(1, 3, 8, 8)


def test_a_graph_whose_sizes_are_known_is_compiled_at_once() -> None:
    made = autosched.compile(image_net(), threads=1, sizes={"n": 1}, db=MemoryStore())
    assert len(made.networks) == 1
    assert str(made.inputs["x"]) == "float32[1, 3, 8, 8]"
    np.testing.assert_allclose(made(x)[0], evaluate(image_net(), [x])[0], rtol=1e-5, atol=1e-5)
    assert autosched.compile(image_net(), threads=1, db=MemoryStore()).networks == []


def test_passes_can_be_left_out() -> None:
    source = "graph g(x: float32[3]) {\n  y = relu(x)\n  z = relu(x)\n  return y, z\n}"
    graph = parse(source)
    assert len(autosched.compile(graph, threads=1, db=MemoryStore()).networks[0].steps) == 1
    made = autosched.compile(graph, threads=1, db=MemoryStore(), without=["share"])
    assert [node.operator.name for node in made.networks[0].graph.nodes] == ["relu", "relu"]
    with pytest.raises(GraphError, match="expected names of passes, got none such"):
        autosched.compile(graph, without=["none such"])


def test_a_file_by_its_path(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    proto = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]> g (float[n] x) => (float[n] y) { y = Exp(x) }'
    )
    path = tmp_path / "net.onnx"
    path.write_bytes(proto.SerializeToString())
    for given in (path, str(path), proto):
        (y,) = autosched.compile(given, threads=1, db=MemoryStore())(np.zeros(3, np.float32))
        assert y.tolist() == [1, 1, 1]


def test_tuned_schedules_are_saved_with_the_model(tmp_path: Path) -> None:
    store = MemoryStore()
    graph = parse("graph g(x: float32[64, 64]) {\n  y = exp(x)\n  return y\n}")
    made = autosched.compile(graph, threads=1, db=store)
    task = made.networks[0].steps[0].task
    assert task is not None
    autosched.tune(task.workload, trials=1, db=store, threads=1, strategy="random")
    assert [step.schedule for step in made.report.steps] == ["default"]
    made.forget()
    data = np.linspace(-2, 2, 4096, dtype=np.float32).reshape(64, 64)
    (wanted,) = made(data)
    assert [step.schedule for step in made.report.steps] == ["tuned"]
    made.save(tmp_path / "net")
    again = autosched.load(tmp_path / "net")
    assert [step.schedule for step in again.report.steps] == ["tuned"]
    assert np.array_equal(again(data)[0], wanted)
    assert [trial.trace for trial in again.schedules.trials()] == [
        trial.trace for trial in store.trials()
    ]
    with pytest.raises(TargetError):
        autosched.load(tmp_path / "net", target="none")


def test_a_database_that_does_not_exist_yet(tmp_path: Path) -> None:
    graph = parse("graph g(x: float32[64]) {\n  y = exp(x)\n  return y\n}")
    made = autosched.compile(graph, threads=1, db=tmp_path / "new.db")
    assert not (tmp_path / "new.db").exists()
    made.tune(trials=1, strategy="random")
    assert [step.schedule for step in made.report.steps] == ["tuned"]
    (tmp_path / "none.db").write_text("no database")
    with pytest.raises(DatabaseError, match="expected a tuning database"):
        autosched.compile(graph, threads=1, db=tmp_path / "none.db")


@pytest.mark.skipif(
    (sys.platform, platform.machine()) != ("linux", "x86_64"), reason="loads ELF for x86-64"
)
def test_a_model_in_the_cache_runs_without_llvm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUTOSCHED_CACHE", str(tmp_path))
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "none.db"))
    source = "graph g(x: float32[3]) {\n  y = exp(x)\n  return y\n}"
    probe()
    autosched.compile(parse(source), threads=1)
    code = (
        "import sys, autosched, numpy as np; from autosched.graph.parser import parse\n"
        f"print(*autosched.compile(parse({source!r}), threads=1)(np.zeros(3, np.float32))[0])\n"
        "sys.exit('llvmlite.binding' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "1.0 1.0 1.0\n"
