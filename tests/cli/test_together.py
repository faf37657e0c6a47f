"""`autosched tune` of a suite and of a model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from autosched.backends.cpu.backend import CpuBackend
from autosched.cli.together import kept
from autosched.search.result import TasksResult
from tests.cli.calling import call, refused

SUITE = """
[[workload]]
name = "matmul"
params = { m = 12, n = 16, k = 8 }
weight = 3

[[workload]]
name = "matmul"
params = { m = 16, n = 16, k = 8 }
"""


def test_a_suite_is_tuned(tmp_path: Path) -> None:
    suite, database = tmp_path / "suite.toml", tmp_path / "new.db"
    suite.write_text(SUITE)
    args = ("--suite", str(suite), "--trials", "3", "--threads", "1", "--db", str(database))
    done = call("tune", *args, "--json")
    assert done.status == 0
    document = done.document
    assert (document["suite"], document["trials"]) == (str(suite), 3)
    first, second = document["tasks"]
    assert (first["weight"], first["trials"], second["trials"]) == (3, 3, 0)
    assert first["time_ns"] > 0
    assert second["time_ns"] is document["total_ns"] is None
    assert "2 tasks, 0 trials known" in done.err
    text = call("tune", *args).out
    assert "matmul m=16 n=16 k=8" in text
    assert "GFLOP/s" in text


def test_a_model_is_tuned(tmp_path: Path) -> None:
    path, database = model(tmp_path), tmp_path / "new.db"
    args = ("--size", "n=2", "--trials", "2", "--threads", "1", "--db", str(database))
    done = call("tune", str(path), *args, "--json")
    assert done.status == 0
    assert done.document["model"] == str(path)
    (task,) = done.document["tasks"]
    assert (task["weight"], task["trials"]) == (2, 2)
    assert task["share"] == pytest.approx(1)
    assert done.document["total_ns"] == pytest.approx(2 * task["time_ns"])
    assert done.document["kept_defaults"] in (0, 1)
    assert "timing the fastest and the default schedules in the network" in done.err


@pytest.mark.parametrize(
    ("count", "says"),
    [
        (0, None),
        (1, "1 task keeps its default schedule, faster in the network"),
        (2, "2 tasks keep their default schedule, faster in the network"),
    ],
)
def test_tasks_that_keep_the_default_are_counted(count: int, says: str | None) -> None:
    assert kept(TasksResult((), 0, 1.0, "trials", count)).get("network") == says


def test_a_model_is_measured_as_its_network_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []
    measurer = CpuBackend.measurer

    def noted(self: CpuBackend, form: Any, sizes: Any, in_network: bool = False) -> Any:
        asked.append(in_network)
        return measurer(self, form, sizes, in_network)

    monkeypatch.setattr(CpuBackend, "measurer", noted)
    args = ("--size", "n=2", "--trials", "0", "--threads", "1", "--db", str(tmp_path / "new.db"))
    assert call("tune", str(model(tmp_path)), *args).status == 0
    assert asked == [True]


def model(tmp_path: Path) -> Path:
    """Two equal exponentials that cannot be one kernel, since both are results."""
    helper = pytest.importorskip("onnx.helper")
    onnx = pytest.importorskip("onnx")
    kind = onnx.TensorProto.FLOAT
    names = ("x", "y", "p", "q")
    x, y, p, q = (helper.make_tensor_value_info(name, kind, ["n", 32]) for name in names)
    nodes = [helper.make_node("Exp", ["x"], ["p"]), helper.make_node("Exp", ["y"], ["q"])]
    made = helper.make_model(
        helper.make_graph(nodes, "g", [x, y], [p, q]),
        opset_imports=[helper.make_opsetid("", 17)],
        ir_version=9,
    )
    path = tmp_path / "model.onnx"
    path.write_bytes(made.SerializeToString())
    return path


@pytest.mark.parametrize(
    ("args", "says"),
    [
        ((), "expected a WORKLOAD or a model, or --suite"),
        (("matmul", "--suite", "s.toml"), "expected a WORKLOAD or a model, or --suite"),
        (("m.onnx", "n=2"), "expected no --plot and no KEY=VALUE"),
        (("m.onnx", "--plot", "a.svg"), "expected no --plot and no KEY=VALUE"),
        (("--suite", "s.toml", "--size", "n=2"), "expected no --size, --input and --fallback"),
        (("relu", "--fallback", "onnxruntime"), "go with the file of a model"),
        (("--suite", "none.toml"), "expected a suite file, got none.toml"),
        (("none.onnx",), "none.onnx"),
    ],
    ids=" ".join,
)
def test_what_makes_no_sense_is_refused(args: tuple[str, ...], says: str, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    assert says in refused("tune", *args, "--db", str(path))
    assert not path.exists()


@pytest.mark.parametrize(
    ("sizes", "says"),
    [
        ((), "got none for n"),
        (("--size", "n=x"), "expected a number for the size n, got 'x'"),
        (("--size", "m=1"), "expected a size of g as NAME=N, for n, got 'm=1'"),
    ],
)
def test_the_sizes_of_a_model_are_asked_for(
    sizes: tuple[str, ...], says: str, tmp_path: Path
) -> None:
    path = tmp_path / "new.db"
    assert says in refused("tune", str(model(tmp_path)), *sizes, "--db", str(path))
    assert not path.exists()
