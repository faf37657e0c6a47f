"""The table of frontends tells models apart without importing their libraries."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosched.errors import GraphError, OptionError
from autosched.frontend.read import graph_of, is_model
from tests.graph.networks import image_net


def test_a_graph_is_returned_as_it_is() -> None:
    graph = image_net()
    assert graph_of(graph) is graph


def test_words_that_name_models() -> None:
    assert is_model("folder/net.onnx")
    assert is_model("NET.ONNX")
    assert not is_model("matmul")
    assert not is_model("work.py:net")


def test_a_model_in_memory() -> None:
    onnx = pytest.importorskip("onnx")
    proto = onnx.parser.parse_model(
        '<ir_version: 8, opset_import: ["" : 18]> g (float[n] x) => (float[n] y) { y = Relu(x) }'
    )
    assert [node.operator.name for node in graph_of(proto).nodes] == ["relu"]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (Path("a.pt"), r"expected a file of a model \(\.onnx.*\), got 'a\.pt'"),
        ("net", r"expected a file of a model .* got 'net'"),
        (7, "expected a model or the path of one, got an int"),
        ("none.onnx", "expected a file of a model, got none.onnx: No such file"),
    ],
)
def test_what_is_no_model(given: object, message: str) -> None:
    pytest.importorskip("onnx")
    with pytest.raises(GraphError, match=message):
        graph_of(given)


def test_an_option_that_the_reader_has_not() -> None:
    pytest.importorskip("onnx")
    with pytest.raises(TypeError, match=r"this kind of model \(fallback\), got 'example'"):
        graph_of("net.onnx", example=1)
    with pytest.raises(OptionError, match=r"this kind of model \(none\), got 'example'"):
        graph_of(image_net(), example=1)
