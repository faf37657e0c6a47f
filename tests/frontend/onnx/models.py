"""Models of ONNX to test with."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper

F32 = TensorProto.FLOAT


def model(
    nodes: list[Any],
    inputs: dict[str, Any],
    outputs: list[str],
    constants: dict[str, np.ndarray] | None = None,
    opset: int = 17,
) -> Any:
    """A model of float32 inputs of the given shapes."""
    graph = helper.make_graph(
        nodes,
        "net",
        [helper.make_tensor_value_info(name, F32, shape) for name, shape in inputs.items()],
        [helper.make_tensor_value_info(name, F32, None) for name in outputs],
        [numpy_helper.from_array(array, name) for name, array in (constants or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])


def gemm() -> Any:
    """A dense layer that halves x and adds 1, of any batch."""
    node = helper.make_node("Gemm", ["x", "w", "b"], ["/fc/out"], name="/fc/Gemm", alpha=0.5)
    constants = {"w": np.eye(3, 5, dtype=np.float32), "b": np.ones(5, np.float32)}
    return model([node], {"x": ["batch", 3]}, ["/fc/out"], constants)


def branch(operator: str, inputs: list[str], name: str) -> Any:
    """A graph of one node, for an If."""
    output = helper.make_tensor_value_info(name, F32, None)
    return helper.make_graph([helper.make_node(operator, inputs, [name])], name, [], [output])


def image_model() -> Any:
    """A small network with a node of most kinds: windows, movement, quantization, a branch."""
    node = helper.make_node
    constants = {
        "w": np.ones((4, 3, 3, 3), np.float32),
        "shape": np.array([0, -1]),
        "fc": np.ones((64, 5), np.float32),
        "starts": np.array([1]),
        "ends": np.array([9]),
        "axes": np.array([1]),
        "scale": np.array(0.1, np.float32),
        "zero": np.array(3, np.uint8),
        "index": np.array([0, 2]),
        "repeats": np.array([1, 2]),
        "yes": np.array(True),
    }
    nodes = [
        node("Conv", ["x", "w"], ["c"], name="conv", pads=[1, 1, 1, 1], strides=[2, 2]),
        node("MaxPool", ["c"], ["p"], kernel_shape=[2, 2], pads=[0, 0, 1, 1]),
        node("Reshape", ["p", "shape"], ["f"]),
        node("MatMul", ["f", "fc"], ["m"]),
        node("Softmax", ["m"], ["s"], axis=-1),
        node("QuantizeLinear", ["s", "scale", "zero"], ["q"]),
        node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        node("Slice", ["d", "starts", "ends", "axes"], ["l"]),
        node("Gather", ["l", "index"], ["g"], axis=1),
        node("Tile", ["g", "repeats"], ["t"]),
        node("Transpose", ["t"], ["u"], perm=[1, 0]),
        node("ReduceMean", ["u"], ["r"], axes=[0]),
        node(
            "If",
            ["yes"],
            ["y"],
            then_branch=branch("Relu", ["r"], "then"),
            else_branch=branch("Neg", ["r"], "else"),
        ),
    ]
    return model(nodes, {"x": ["n", 3, 8, 8]}, ["y"], constants, opset=13)
