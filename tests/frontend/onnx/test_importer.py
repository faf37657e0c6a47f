"""Models of ONNX as graphs: those that are made here, broken ones, and hostile ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402  after the skip

from autosched.errors import GraphError  # noqa: E402
from autosched.frontend.onnx.importer import from_onnx  # noqa: E402
from autosched.graph.evaluate import evaluate  # noqa: E402
from autosched.graph.printer import text  # noqa: E402
from tests.frontend.onnx.models import branch, gemm, model  # noqa: E402


def test_names_and_open_sizes_stay() -> None:
    graph = from_onnx(gemm())
    assert graph.sizes == ["batch"]
    assert [value.name for value in graph.outputs] == ["/fc/out"]
    assert graph.nodes[0].name == "/fc/Gemm"
    x = np.arange(6, dtype=np.float32).reshape(2, 3)
    (got,) = evaluate(graph, [x])
    np.testing.assert_allclose(got, np.pad(x / 2, ((0, 0), (0, 2))) + 1)


def test_sizes_without_a_name_of_their_own_have_nothing_in_common() -> None:
    made = gemm()
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_param = "?"
    assert from_onnx(made).sizes == ["x.0"]
    made.graph.input[0].type.tensor_type.shape.dim[0].dim_value = -1
    assert from_onnx(made).sizes == ["x.0"]


def test_operators_that_are_unchanged_since_the_first_opset_need_no_newer_one() -> None:
    node = helper.make_node("Not", ["x"], ["y"])
    made = model([node], {"x": [3]}, ["y"], opset=1)
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.BOOL
    assert [node.operator.name for node in from_onnx(made).nodes] == ["not"]


def test_a_file_its_bytes_and_the_model_are_one(tmp_path: Path) -> None:
    made = gemm()
    file = tmp_path / "net.onnx"
    onnx.save(made, file)
    assert (
        text(from_onnx(file)) == text(from_onnx(made.SerializeToString())) == text(from_onnx(made))
    )


def test_an_output_that_is_an_input_keeps_its_name() -> None:
    node = helper.make_node("Identity", ["x"], ["y"])
    graph = from_onnx(model([node], {"x": [3]}, ["y", "x"]))
    assert [value.name for value in graph.outputs] == ["y", "x"]


def test_functions_of_the_file_are_put_in_place() -> None:
    relu = helper.make_node("Relu", ["a"], ["b"])
    body = helper.make_function("own", "Half", ["a"], ["b"], [relu], [helper.make_opsetid("", 17)])
    made = model([helper.make_node("Half", ["x"], ["y"], domain="own")], {"x": [3]}, ["y"])
    made.functions.append(body)
    made.opset_import.append(helper.make_opsetid("own", 1))
    assert [node.operator.name for node in from_onnx(made).nodes] == ["relu"]


def test_definitions_of_operators_get_the_types_of_constants() -> None:
    norm = helper.make_node("GroupNormalization", ["x", "s", "b"], ["y"], num_groups=2)
    stored = {"s": np.ones(4, np.float32), "b": np.zeros(4, np.float32)}
    made = model([norm], {"x": [1, 4, 3]}, ["y"], stored, opset=21)
    x = np.arange(12, dtype=np.float32).reshape(1, 4, 3)
    (got,) = evaluate(from_onnx(made), [x])
    halves = x.reshape(2, 6)
    wanted = (halves - halves.mean(1, keepdims=True)) / halves.std(1, keepdims=True)
    np.testing.assert_allclose(got.reshape(2, 6), wanted, rtol=1e-4)


def test_branches_take_what_they_read_as_inputs() -> None:
    choice = helper.make_node(
        "If",
        ["c"],
        ["y"],
        then_branch=branch("Add", ["x", "w"], "sum"),
        else_branch=branch("Sub", ["x", "w"], "less"),
    )
    made = model([choice], {"x": [3]}, ["y"], {"w": np.ones(3, np.float32)})
    made.graph.input.append(helper.make_tensor_value_info("c", TensorProto.BOOL, []))
    graph = from_onnx(made)
    x = np.zeros(3, np.float32)
    for condition, wanted in ((True, 1.0), (False, -1.0)):
        (got,) = evaluate(graph, [x, np.array(condition)])
        assert got.tolist() == [wanted] * 3


def test_external_data_is_read_beside_the_model_alone(tmp_path: Path) -> None:
    made = gemm()
    file = tmp_path / "inner" / "net.onnx"
    file.parent.mkdir()
    onnx.save(made, file, save_as_external_data=True, location="w.bin", size_threshold=0)
    assert text(from_onnx(file)) == text(from_onnx(gemm()))
    (file.parent / "w.bin").rename(tmp_path / "w.bin")
    with pytest.raises(GraphError, match=r"expected 60 bytes of w in 'w.bin', got 0"):
        from_onnx(file)
    outside = onnx.load(file, load_external_data=False)
    for tensor in outside.graph.initializer:
        tensor.external_data[0].value = "../w.bin"
    onnx.save(outside, file)
    with pytest.raises(GraphError, match="expected the data of w beside the model"):
        from_onnx(file)


def test_all_that_is_not_supported_is_told_at_once() -> None:
    nodes = [
        helper.make_node("StringNormalizer", ["x"], ["a"], name="first"),
        helper.make_node("Magic", ["a"], ["b"], name="spell", domain="com.witch"),
        helper.make_node("StringNormalizer", ["b"], ["y"]),
    ]
    with pytest.raises(GraphError) as caught:
        from_onnx(model(nodes, {"x": [3]}, ["y"]))
    assert "StringNormalizer (2, first at first)" in caught.value.message
    assert "com.witch.Magic (1, first at spell)" in caught.value.message


def test_broken_files_are_told(tmp_path: Path) -> None:
    relu = helper.make_node("Relu", ["x"], ["y"], name="r")
    before = [helper.make_node("Relu", ["y"], ["z"], name="early"), relu]
    twice = [relu, helper.make_node("Abs", ["x"], ["y"])]
    whole = gemm().SerializeToString()
    for source, message in (
        (tmp_path / "none.onnx", "expected a file of a model"),
        (b"not a model", "expected an ONNX model"),
        (whole[: len(whole) // 2], "expected an ONNX model"),
        (b"", "expected an ONNX model with a graph"),
        (model([relu], {"x": [3]}, ["y"], opset=5), "of opset 7 to .*, got 5"),
        (model([relu], {"x": [3]}, ["y"], opset=999), "of opset 7 to .*, got 999"),
        (
            model([relu], {"x": [3]}, ["z"]),
            "output reads to be computed before, got 'z'",
        ),
        (model(before, {"x": [3]}, ["z"]), "Relu at early reads to be computed before, got 'y'"),
        (model(twice, {"x": [3]}, ["y"]), "one definition of 'y', got two"),
    ):
        with pytest.raises(GraphError, match=message):
            from_onnx(source)


def test_numbers_of_other_kinds_are_told() -> None:
    made = gemm()
    made.graph.input[0].type.tensor_type.elem_type = TensorProto.STRING
    with pytest.raises(GraphError, match="the input x of numbers, got the dtype STRING"):
        from_onnx(made)
