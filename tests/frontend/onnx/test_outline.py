"""Large tensors stay in the file until they are read, and are the same as in the whole model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

onnx = pytest.importorskip("onnx")

from onnx import helper, numpy_helper  # noqa: E402  after the skip

from autosched.errors import GraphError  # noqa: E402
from autosched.frontend.onnx.importer import from_onnx  # noqa: E402
from autosched.frontend.onnx.outline import LEAST_BYTES, outlined  # noqa: E402

LARGE = np.arange(LEAST_BYTES // 4, dtype=np.float32)
SMALL = np.arange(LEAST_BYTES // 4 - 1, dtype=np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A model with a large constant, a small one, and a large one that is not stored raw."""
    arrays = {"large": LARGE, "small": SMALL}
    constants = [numpy_helper.from_array(array, name) for name, array in arrays.items()]
    constants.append(helper.make_tensor("list", onnx.TensorProto.FLOAT, LARGE.shape, LARGE))
    names = [constant.name for constant in constants]
    nodes = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in names]
    outputs = [onnx.ValueInfoProto(name=f"{name}_out") for name in names]
    graph = helper.make_graph(nodes, "g", [], outputs, constants)
    path = tmp_path / "net.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)]), path)
    return path


def test_only_large_raw_data_stay_in_the_file(file: Path) -> None:
    made = onnx.ModelProto.FromString(outlined(file))
    stays = {tensor.name: bool(tensor.external_data) for tensor in made.graph.initializer}
    assert stays == {"large": True, "small": False, "list": False}
    assert not made.graph.initializer[0].raw_data
    whole = onnx.load(file)
    for model in (made, whole):
        del model.graph.initializer[:]
    assert made == whole


def test_constants_are_those_of_the_whole_model(file: Path) -> None:
    found, expected = (from_onnx(source).constants for source in (file, file.read_bytes()))
    for one, other in zip(found.values(), expected.values(), strict=True):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_a_file_behind_a_link_to_another_folder_is_read_whole(file: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.onnx"
    link.symlink_to(file)
    assert outlined(link) is None
    assert len(from_onnx(link).constants) == 3


def test_data_of_another_size_than_the_shape_are_told(file: Path) -> None:
    for more in (-4, 4):
        model = onnx.load(file)
        model.graph.initializer[0].dims[0] = LARGE.size + more
        onnx.save(model, file)
        with pytest.raises(GraphError, match=rf"{LARGE.nbytes + more * 4} bytes of large .*, got"):
            from_onnx(file)


def test_what_is_cut_or_no_model_is_read_whole_and_told(file: Path) -> None:
    whole = file.read_bytes()
    for data in (b"", b"\xff" * 20, whole[:-9], whole[: len(whole) // 2]):
        file.write_bytes(data)
        assert outlined(file) is None
        with pytest.raises(GraphError):
            from_onnx(file)
