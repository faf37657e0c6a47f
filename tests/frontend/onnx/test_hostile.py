"""Files that are damaged, or made to do harm: one sentence each, and nothing is allocated."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import helper  # noqa: E402  after the skip

from autosched.errors import GraphError  # noqa: E402
from autosched.frontend.onnx.importer import from_onnx  # noqa: E402
from autosched.graph.evaluate import evaluate  # noqa: E402
from autosched.graph.infer import bind  # noqa: E402
from autosched.graph.passes import pipeline  # noqa: E402
from tests.frontend.onnx.models import branch, gemm, image_model, model  # noqa: E402


def read(source: Any) -> None:
    """Import the model and run all passes for a size of 2."""
    graph = from_onnx(source)
    pipeline.run(bind(graph, dict.fromkeys(graph.sizes, 2)))


def outcome(source: bytes) -> str:
    """The message of the error there is, which is one line."""
    try:
        read(source)
    except GraphError as error:
        message = error.message
    else:
        return ""
    assert "\n" not in message
    return message


def test_every_cut_file_is_told() -> None:
    whole = image_model().SerializeToString()
    assert outcome(whole) == ""
    assert all(outcome(whole[:end]) for end in range(0, len(whole), 29))


@pytest.mark.parametrize("seed", range(4))
def test_a_file_with_other_bytes_is_a_graph_or_told(seed: int) -> None:
    rng = random.Random(seed)
    whole = image_model().SerializeToString()
    messages = set()
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(rng.choice([1, 1, 2, 4])):
            damaged[rng.randrange(len(whole))] = rng.randrange(256)
        messages.add(outcome(bytes(damaged)))
    assert len(messages) > 5


def test_sizes_of_constants_are_refused_before_anything_is_allocated() -> None:
    made = gemm()
    made.graph.initializer[0].dims[:] = [1 << 40, 1 << 40]
    with pytest.raises(GraphError, match=r"a tensor of at most \d+ bytes for w"):
        from_onnx(made)
    for dims in ([7, 5], [-1, 5], [0, 1 << 62, 1 << 62]):
        made.graph.initializer[0].dims[:] = dims
        with pytest.raises(GraphError, match="for w, got"):
            from_onnx(made)


HUGE = 1 << 40


@pytest.mark.parametrize(
    ("kind", "inputs", "attributes"),
    [
        ("ConstantOfShape", [[HUGE]], {}),
        ("Expand", [[1.0], [HUGE]], {}),
        ("Tile", [[1.0], [HUGE]], {}),
        ("Range", [0, HUGE, 1], {}),
        ("OneHot", [[1], HUGE, [0.0, 1.0]], {}),
        ("Pad", [[1.0], [HUGE, HUGE]], {}),
        ("Resize", [[[1.0]], [], [1.0, 1e12]], {}),
        ("Resize", [[[1.0]], [], [1.0, 2.0, 2.0]], {}),
        ("Pad", [[1.0], [-3, 0]], {}),
        ("Slice", [[1.0], [0], [1], [7]], {}),
        ("Transpose", [[1.0]], {"perm": [3, 3]}),
        ("MaxPool", [[[[1.0]]]], {"kernel_shape": [HUGE, HUGE]}),
        ("AveragePool", [[[[1.0]]]], {"kernel_shape": [1, 1], "pads": [HUGE, 0, 0, 0]}),
        ("Split", [[1.0], [-1, 2]], {}),
        ("Concat", [[1.0], [[1.0]]], {"axis": 0}),
    ],
)
def test_sizes_of_results_are_refused_before_anything_is_allocated(
    kind: str, inputs: list[Any], attributes: dict[str, Any]
) -> None:
    arrays = {f"c{place}": as_array(given) for place, given in enumerate(inputs)}
    outputs = ["y", "z"] if kind == "Split" else ["y"]
    node = helper.make_node(kind, list(arrays), outputs, name="n", **attributes)
    made = model([node], {}, outputs, arrays)
    graph = from_onnx(made)
    for run in (lambda: bind(graph, {}), lambda: evaluate(graph, [])):
        with pytest.raises(GraphError, match=r"^n: expected"):
            run()


def as_array(given: Any) -> np.ndarray:
    array = np.array(given)
    return array.astype(np.float32) if array.dtype.kind == "f" else array


def test_an_index_outside_of_a_tensor_is_told() -> None:
    node = helper.make_node("Gather", ["x", "i"], ["y"], name="n")
    graph = from_onnx(model([node], {"x": [3]}, ["y"], {"i": np.array([7])}))
    with pytest.raises(GraphError, match="n: expected inputs that fit gather, got index 7"):
        evaluate(graph, [np.zeros(3, np.float32)])


def test_inputs_and_attributes_are_those_of_the_operator() -> None:
    node = helper.make_node
    for made, message in (
        (node("MatMul", ["x"], ["y"]), "expected 2 inputs or more of MatMul at y, got 1"),
        (node("Relu", ["x", "x"], ["y"]), "expected at most 1 inputs of Relu at y, got 2"),
        (node("MaxPool", ["x"], ["y"]), "expected the attribute kernel_shape of MaxPool at y"),
        (node("LeakyRelu", ["x"], ["y"], alpha="a"), "expected FLOAT as alpha of .*, got STRING"),
        (node("If", ["x"], ["y"]), "expected the attribute .*_branch of If at y"),
        (node("Relu", ["none"], ["y"]), "that Relu at y reads to be computed before, got 'none'"),
    ):
        with pytest.raises(GraphError, match=message):
            from_onnx(model([made], {"x": [3]}, ["y"]))


def test_data_of_another_kind_than_their_users_is_told() -> None:
    node = helper.make_node("Add", ["x", "w"], ["y"], name="n")
    made = model([node], {"x": [2]}, ["y"], {"w": np.ones(2, np.int32)})
    with pytest.raises(GraphError, match="n: expected inputs of one dtype for add, got float32"):
        read(made)
    made = gemm()
    made.graph.initializer[0].raw_data = b"short"
    with pytest.raises(GraphError, match=r"expected data of \[3, 5\] for w"):
        from_onnx(made)


def test_branches_inside_of_branches_are_read_as_deep_as_files_can_have_them() -> None:
    inner = branch("Relu", ["x"], "r")
    flat = branch("Neg", ["x"], "n")
    for depth in range(30):
        name = f"y{depth}"
        node = helper.make_node("If", ["yes"], [name], then_branch=inner, else_branch=flat)
        inner = helper.make_graph([node], "g", [], [helper.make_tensor_value_info(name, 1, None)])
    made = model([node], {"x": [3]}, [name], {"yes": np.array(True)})
    (got,) = evaluate(from_onnx(made), [np.array([-1, 0, 2], np.float32)])
    assert got.tolist() == [0, 0, 2]


def functions(calls: dict[str, list[str]], called: str) -> Any:
    """A model that calls a function, of functions that call others one after another."""
    made = model([helper.make_node(called, ["x"], ["y"], domain="own")], {"x": [3]}, ["y"])
    made.opset_import.append(helper.make_opsetid("own", 1))
    imports = [helper.make_opsetid("", 17), helper.make_opsetid("own", 1)]
    for name, others in calls.items():
        nodes = [
            helper.make_node(
                other, [f"v{place}"], [f"v{place + 1}"], domain="own" * (other in calls)
            )
            for place, other in enumerate(others)
        ]
        last = f"v{len(others)}"
        made.functions.append(helper.make_function("own", name, ["v0"], [last], nodes, imports))
    return made


def test_functions_that_call_themselves_are_told() -> None:
    with pytest.raises(GraphError, match=r"that do not call themselves, got (a -> b|b -> a)"):
        from_onnx(functions({"a": ["b"], "b": ["a"]}, "a"))


def test_functions_that_stand_for_billions_of_nodes_are_told() -> None:
    calls = {f"f{n}": [f"f{n + 1}"] * 2 for n in range(40)}
    with pytest.raises(GraphError, match=f"at most 1048576 nodes, got {1 << 40}"):
        from_onnx(functions({**calls, "f40": ["Relu"]}, "f0"))
    assert len(from_onnx(functions({"a": ["b"] * 3, "b": ["Relu", "Neg"]}, "a")).nodes) == 6


def test_a_chain_of_arithmetic_on_shapes_may_be_long() -> None:
    nodes = [helper.make_node("Shape", ["x"], ["s0"])]
    nodes += [helper.make_node("Abs", [f"s{n}"], [f"s{n + 1}"]) for n in range(3000)]
    nodes.append(helper.make_node("Reshape", ["x", "s3000"], ["y"]))
    read(model(nodes, {"x": [3]}, ["y"]))


def external(folder: Path, place: str, **entries: int) -> Path:
    """A file in a folder whose weights are in the file `place`."""
    folder.mkdir(exist_ok=True)
    made, file = gemm(), folder / "net.onnx"
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = onnx.TensorProto.EXTERNAL
    for key, value in {"location": place, **entries}.items():
        entry = tensor.external_data.add()
        entry.key, entry.value = key, str(value)
    file.write_bytes(made.SerializeToString())
    return file


def test_external_data_is_a_file_inside_of_the_models_folder(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    secret = tmp_path / "secret"
    secret.write_bytes(bytes(60))
    for place in ("../secret", str(secret), "link", "/dev/zero"):
        file = external(folder, place)
        if place == "link":
            (folder / "link").symlink_to(secret)
        with pytest.raises(GraphError, match="expected the data of w beside the model, got"):
            from_onnx(file)
    (folder / "data").write_bytes(bytes(60))
    from_onnx(external(folder, "data"))
    for place, entries, message in (
        ("data", {"offset": 1}, "expected 60 bytes of w in 'data', got 59"),
        ("data", {"offset": 1 << 70}, "expected 60 bytes of w in 'data', got -"),
        ("data", {"offset": -1}, "expected the data of w, got"),
        (".", {}, "expected 60 bytes of w in '.', got 0"),
        ("none", {}, "expected 60 bytes of w in 'none', got 0"),
        ("a\0b", {}, "expected the data of w"),
    ):
        with pytest.raises(GraphError, match=message):
            from_onnx(external(folder, place, **entries))


def test_a_name_of_several_lines_is_told_in_one() -> None:
    made = gemm()
    made.graph.node[0].op_type = "Ge\nmm"
    assert r"'Ge\nmm' (1, first at /fc/Gemm)" in outcome(made.SerializeToString())
