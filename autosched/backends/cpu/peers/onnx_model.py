"""Workloads as ONNX models, for the engines that run those."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from onnx import TensorProto, checker, helper, numpy_helper

from autosched.backends.cpu.peers import Array
from autosched.ops.instance import WorkloadInstance
from autosched.te.tensor import PlaceholderOp

Params = Mapping[str, Any]
Nodes = list[tuple[str, list[str], dict[str, Any]]]
"""Operators, each with the names of its inputs and its attributes; `-` is the last result."""

OPSET = 20
IR_VERSION = 9
DTYPES = {"float32": TensorProto.FLOAT, "float64": TensorProto.DOUBLE}


def onnx_model(workload: WorkloadInstance, arrays: Sequence[Array]) -> bytes | None:
    """Return the workload as a model that contains its constants; None if it has no such form.

    The other inputs and the output have the names of the tensors.
    """
    nodes_of = NODES.get(workload.source or "")
    dtype = workload.params.get("dtype")
    if nodes_of is None or dtype not in DTYPES or workload.params.get("out_dtype"):
        return None
    names = [tensor.name for tensor in workload.inputs]
    output = workload.outputs[0].name
    constants, inputs = [], []
    for tensor, array in zip(workload.inputs, arrays, strict=True):
        if isinstance(tensor.op, PlaceholderOp) and tensor.op.constant:
            stored = STORED.get((workload.name, tensor.name), _as_it_is)(array)
            constants.append(numpy_helper.from_array(stored, tensor.name))
        else:
            info = helper.make_tensor_value_info(tensor.name, DTYPES[dtype], array.shape)
            inputs.append(info)
    shape = [int(str(extent)) for extent in workload.outputs[0].shape]
    graph = helper.make_graph(
        _linked(nodes_of(workload.params, names), output),
        "workload",
        inputs,
        [helper.make_tensor_value_info(output, DTYPES[dtype], shape)],
        constants,
    )
    opset = helper.make_opsetid("", OPSET)
    model = helper.make_model(graph, opset_imports=[opset], ir_version=IR_VERSION)
    checker.check_model(model)
    data: bytes = model.SerializeToString()
    return data


def is_onnx(file: Path) -> bool:
    """Whether a model's file is an ONNX model."""
    return file.suffix.lower() == ".onnx"


def _linked(nodes: Nodes, output: str) -> list[Any]:
    """Return the nodes of the operators, each of which reads the result of the one before."""
    made, last = [], ""
    for number, (operator, inputs, attributes) in enumerate(nodes):
        result = output if number == len(nodes) - 1 else f"t{number}"
        given = [last if name == "-" else name for name in inputs]
        made.append(helper.make_node(operator, given, [result], **attributes))
        last = result
    return made


def _plain(operator: str, **attributes: Any) -> Callable[[Params, list[str]], Nodes]:
    return lambda params, names: [(operator, names, attributes)]


def _dense(params: Params, names: list[str]) -> Nodes:
    return [("Gemm", names, {"transB": 1}), *_activation(params["activation"])]


def _activation(name: str) -> Nodes:
    return [] if name == "none" else [(name.capitalize(), ["-"], {})]


def _conv2d(params: Params, names: list[str]) -> Nodes:
    attributes = {
        "strides": [params["stride"]] * 2,
        "pads": [params["padding"]] * 4,
        "dilations": [params["dilation"]] * 2,
        "group": params.get("groups") or params["c"],
    }
    return [("Conv", names, attributes), *_activation("relu" if params["relu"] else "none")]


def _pool(operator: str) -> Callable[[Params, list[str]], Nodes]:
    def nodes(params: Params, names: list[str]) -> Nodes:
        attributes: dict[str, Any] = {
            "kernel_shape": [params["k"]] * 2,
            "strides": [params["stride"]] * 2,
            "pads": [params["padding"]] * 4,
        }
        if "count_include_pad" in params:
            attributes["count_include_pad"] = int(params["count_include_pad"])
        return [(operator, names, attributes)]

    return nodes


def _as_it_is(array: Array) -> Array:
    return array


def _layer_norm(params: Params, names: list[str]) -> Nodes:
    return [("LayerNormalization", names, {"axis": -1, "epsilon": params["epsilon"]})]


NODES: dict[str, Callable[[Params, list[str]], Nodes]] = {
    "matmul": _plain("MatMul"),
    "batch_matmul": _plain("MatMul"),
    "dense": _dense,
    "conv2d": _conv2d,
    "depthwise_conv2d": _conv2d,
    "max_pool2d": _pool("MaxPool"),
    "avg_pool2d": _pool("AveragePool"),
    "softmax": _plain("Softmax", axis=-1),
    "layer_norm": _layer_norm,
    "relu": _plain("Relu"),
    "gelu": _plain("Gelu"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "exp": _plain("Exp"),
    "add": _plain("Add"),
    "mul": _plain("Mul"),
}
"""By the name of a workload: the operators that compute it, from parameters and input names."""

STORED: dict[tuple[str, str], Callable[[Array], Array]] = {
    ("depthwise_conv2d", "weight"): lambda weight: weight[:, None],
}
"""By the names of a workload and of a constant: the conversion to the layout of ONNX."""
