"""What is not supported runs in ONNX Runtime, where that is wanted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import helper  # noqa: E402  after the skip

import autosched  # noqa: E402
from autosched.errors import GraphError  # noqa: E402
from autosched.frontend.onnx.fallback import _levels  # noqa: E402
from autosched.frontend.onnx.importer import from_onnx  # noqa: E402
from autosched.frontend.onnx.node import CONVERTERS  # noqa: E402
from autosched.graph.operators.arithmetic import Exp  # noqa: E402
from tests.frontend.onnx.models import model  # noqa: E402

node = helper.make_node


def mixed() -> Any:
    """Relu, two nodes that pass a sequence on, exp, and a part that reads two results."""
    nodes = [
        node("Relu", ["x"], ["a"]),
        node("SequenceConstruct", ["a", "x"], ["s"], name="both"),
        node("ConcatFromSequence", ["s"], ["c"], axis=0),
        node("Exp", ["c"], ["e"]),
        node("SequenceConstruct", ["e", "w"], ["t"]),
        node("SequenceAt", ["t", "i"], ["y"]),
    ]
    constants = {"w": np.ones(2, np.float32), "i": np.array(0)}
    return model(nodes, {"x": ["n"]}, ["y", "a"], constants)


def test_parts_have_nothing_supported_between_their_nodes() -> None:
    assert _levels(mixed().graph.node, {1, 2, 4, 5}) == [0, 1, 1, 2, 3, 3]
    assert _levels(mixed().graph.node, {3}) == [0, 0, 0, 1, 2, 2]


def test_without_it_all_that_is_missing_is_told() -> None:
    with pytest.raises(GraphError, match="SequenceConstruct \\(2, first at both\\)"):
        from_onnx(mixed())
    with pytest.raises(GraphError, match="expected the fallback 'onnxruntime', got 'eager'"):
        from_onnx(mixed(), fallback="eager")


def test_what_is_not_supported_runs_in_onnx_runtime() -> None:
    pytest.importorskip("onnxruntime")
    made = autosched.compile(mixed(), fallback="onnxruntime", threads=1)
    for count in (2, 3):
        x = np.linspace(-1, 1, count).astype(np.float32)
        y, a = made.run([x])
        relu = np.maximum(x, 0)
        np.testing.assert_allclose(a, relu)
        np.testing.assert_allclose(y, np.exp(np.concatenate([relu, x])), rtol=1e-6)
        reasons = [step.reason for step in made.report.by_numpy]
        assert [reason for reason in reasons if "ONNX Runtime" in reason] == [
            "SequenceConstruct, ConcatFromSequence run in ONNX Runtime",
            "SequenceConstruct, SequenceAt run in ONNX Runtime",
        ]


def test_a_form_that_is_not_supported_runs_in_onnx_runtime(monkeypatch: Any) -> None:
    pytest.importorskip("onnxruntime")

    def refuse(node: Any) -> Any:
        raise GraphError("expected another form")

    monkeypatch.setitem(CONVERTERS, "Exp", refuse)
    nodes = [node("Relu", ["x"], ["a"]), node("Exp", ["a"], ["b"]), node("Neg", ["b"], ["y"])]
    made = model(nodes, {"x": ["n"]}, ["y"])
    with pytest.raises(GraphError, match="another form"):
        from_onnx(made)
    compiled = autosched.compile(made, fallback="onnxruntime", threads=1)
    x = np.linspace(-1, 1, 5).astype(np.float32)
    np.testing.assert_allclose(compiled.run([x])[0], -np.exp(np.maximum(x, 0)), rtol=1e-6)
    assert [step.reason for step in compiled.report.by_numpy] == ["Exp run in ONNX Runtime"]


@pytest.mark.parametrize("size", [5, "n"])
def test_a_model_that_cannot_be_compiled_runs_in_onnx_runtime(
    size: int | str, monkeypatch: Any, caplog: Any
) -> None:
    pytest.importorskip("onnxruntime")

    def refuse(*inputs: Any) -> Any:
        raise GraphError("expected another shape")

    monkeypatch.setattr(Exp, "infer", refuse)
    made = model([node("Relu", ["x"], ["a"]), node("Exp", ["a"], ["y"])], {"x": [size]}, ["y"])
    x = np.linspace(-1, 1, 5).astype(np.float32)
    with pytest.raises(GraphError, match="expected another shape"):
        autosched.compile(made, threads=1).run([x])
    compiled = autosched.compile(made, fallback="onnxruntime", threads=1)
    np.testing.assert_allclose(compiled.run([x])[0], np.exp(np.maximum(x, 0)), rtol=1e-6)
    (step,) = compiled.report.steps
    assert step.reason == "Relu, Exp run in ONNX Runtime"
    assert "expected another shape" in step.placed
    assert "the fallback runs it" in caplog.text


def test_inputs_that_nothing_can_run_are_told_with_our_reason(caplog: Any) -> None:
    pytest.importorskip("onnxruntime")
    product = model([node("MatMul", ["x", "x"], ["y"])], {"x": ["n", "m"]}, ["y"])
    compiled = autosched.compile(product, fallback="onnxruntime", threads=1)
    for _ in range(2):
        with pytest.raises(GraphError, match="inner extents agree") as caught:
            compiled.run([np.ones((2, 3), np.float32)])
        assert "the fallback fails too: y: expected" in (caught.value.hint or "")
    assert (compiled.networks, caplog.text) == ([], "")
    with pytest.raises(GraphError, match=r"expected float32\[n, m\] for the input x"):
        compiled.run([np.ones(3, np.float32)])


def test_what_follows_a_part_of_known_types_has_kernels() -> None:
    pytest.importorskip("onnxruntime")
    nodes = [node("Inverse", ["x"], ["g"], domain="com.microsoft"), node("Exp", ["g"], ["y"])]
    made = model(nodes, {"x": ["n", "n"]}, ["y"])
    made.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    compiled = autosched.compile(made, fallback="onnxruntime", threads=1)
    x = np.array([[1, 2], [-1, 3]], np.float32)
    np.testing.assert_allclose(compiled.run([x])[0], np.exp(np.linalg.inv(x)), rtol=1e-5)
    inverse, exp = compiled.report.steps
    assert inverse.reason == "com.microsoft.Inverse run in ONNX Runtime"
    assert exp.task is not None


def test_what_onnx_runtime_refuses_is_told() -> None:
    pytest.importorskip("onnxruntime")
    unknown = model([node("Magic", ["x"], ["y"], domain="com.witch")], {"x": [3]}, ["y"])
    unknown.opset_import.append(helper.make_opsetid("com.witch", 1))
    with pytest.raises(GraphError, match="expected a model that ONNX Runtime takes, got"):
        from_onnx(unknown, fallback="onnxruntime")
