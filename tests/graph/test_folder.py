"""Saved models, and folders that are none."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from autosched.errors import AutoschedError, GraphError
from autosched.graph.evaluate import evaluate
from autosched.graph.folder import SavedModel, read, write
from autosched.graph.graph import Graph
from autosched.graph.printer import text
from autosched.tuning_logs import MemoryStore
from tests.graph.networks import choice_net, image_net


def save(graph: Graph, folder: Path) -> None:
    write(SavedModel(graph, MemoryStore(), "cpu", ("share",)), folder)


def test_a_graph_comes_back(tmp_path: Path) -> None:
    for name, graph in (("image", image_net()), ("choice", choice_net())):
        save(graph, tmp_path / name)
        save(graph, tmp_path / name)  # over the first
        found = read(tmp_path / name)
        assert text(found.graph) == text(graph)
        assert (found.target, found.without) == ("cpu", ["share"])
    x = np.ones((1, 3, 8, 8), np.float32)
    again = read(tmp_path / "image").graph
    assert np.array_equal(evaluate(again, [x])[0], evaluate(image_net(), [x])[0])


def test_a_folder_of_others_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(GraphError, match=r"nothing but a model, got .* with letter\.txt"):
        save(image_net(), tmp_path)
    with pytest.raises(GraphError, match="expected a folder that can be written"):
        save(image_net(), tmp_path / "letter.txt")


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("model.json", None, "expected a folder of a saved model"),
        ("model.json", "{", "expected a folder of a saved model"),
        ("model.json", "[" * 100_000, "expected a folder of a saved model"),
        ("model.json", "[]", "expected a folder of a saved model"),
        ("model.json", {"version": 2}, "expected version 1 of a saved model, got 2"),
        ("model.json", {"weights": ["w", 1]}, "expected weights, a target and passes"),
        ("model.json", {"weights": []}, "expected 0 arrays"),
        ("model.json", {"weights": ["v"]}, "expected the array of the constant 'w', got none"),
        ("graph.txt", "graph g(x", "in line 1 of the graph"),
        ("graph.txt", "graph g() { y = relu(x=" + "[" * 10_000, "expected a folder"),
        ("graph.txt", "graph g(x: float32[" + "9" * 10_000 + "]) {", "expected a folder"),
        ("graph.txt", "graph g(x) { return y }", "expected a value that is computed, not .y."),
        ("graph.txt", b"\xff\xfe", "expected a folder of a saved model"),
        ("weights.npz", "", "expected a file of arrays"),
        ("schedules.jsonl", "{}", "expected a file of JSON lines"),
    ],
)
def test_what_is_no_saved_model(
    tmp_path: Path, file: str, content: str | bytes | dict[str, object] | None, message: str
) -> None:
    save(image_net(), tmp_path)
    path = tmp_path / file
    if content is None:
        path.unlink()
    elif isinstance(content, bytes):
        path.write_bytes(content)
    elif isinstance(content, dict):
        path.write_text(json.dumps({**json.loads(path.read_text()), **content}))
    else:
        path.write_text(content)
    with pytest.raises(AutoschedError, match=message):
        read(tmp_path)
