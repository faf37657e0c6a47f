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
"""Operators, each with the names of its inputs and its attributes.

`-` is the last result, and t0, t1 and so on are those of the operators in order.
"""

OPSET = 20
IR_VERSION = 9
DTYPES = {
    "float32": TensorProto.FLOAT,
    "float64": TensorProto.DOUBLE,
    "int8": TensorProto.INT8,
    "int32": TensorProto.INT32,
    "int64": TensorProto.INT64,
}
PLAIN = {("float32", "float32"), ("float64", "float64")}
KINDS = {name: PLAIN | {("int8", "int32")} for name in ("matmul", "conv2d")}
"""By the name of a workload: the dtypes of inputs and result that its model may have."""


def onnx_model(workload: WorkloadInstance, arrays: Sequence[Array]) -> bytes | None:
    """Return the workload as a model that contains its constants; None if it has no such form.

    The other inputs and the output have the names of the tensors.
    """
    nodes_of = NODES.get(workload.source or "")
    kind = workload.params.get("dtype"), workload.outputs[0].dtype.name
    if nodes_of is None or kind not in KINDS.get(workload.name, PLAIN):
        return None
    if workload.params.get("causal") or workload.params.get("key_heads"):
        return None
    names = [tensor.name for tensor in workload.inputs]
    output = workload.outputs[0].name
    constants, inputs = [], []
    for tensor, array in zip(workload.inputs, arrays, strict=True):
        if isinstance(tensor.op, PlaceholderOp) and tensor.op.constant:
            stored = STORED.get((workload.name, tensor.name), _as_it_is)(array)
            constants.append(numpy_helper.from_array(stored, tensor.name))
        else:
            dtype = DTYPES[tensor.dtype.name]
            info = helper.make_tensor_value_info(tensor.name, dtype, array.shape)
            inputs.append(info)
    shape = [int(str(extent)) for extent in workload.outputs[0].shape]
    graph = helper.make_graph(
        _linked(nodes_of(workload.params, names), output),
        "workload",
        inputs,
        [helper.make_tensor_value_info(output, DTYPES[workload.outputs[0].dtype.name], shape)],
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


def _matmul(params: Params, names: list[str]) -> Nodes:
    order = [0, 2, 1] if "b" in params else [1, 0]
    nodes: Nodes = []
    given = list(names)
    for place, key in enumerate(("transpose_a", "transpose_b")):
        if params[key]:
            given[place] = f"t{len(nodes)}"
            nodes.append(("Transpose", [names[place]], {"perm": order}))
    operator = "MatMulInteger" if params["dtype"] == "int8" else "MatMul"
    return [*nodes, (operator, given, {})]


def _dense(params: Params, names: list[str]) -> Nodes:
    return _activated([("Gemm", names, {"transB": 1})], params["activation"])


def _gated_dense(params: Params, names: list[str]) -> Nodes:
    x, gate, up = names
    products: Nodes = [("Gemm", [x, each], {"transB": 1}) for each in (up, gate)]
    return [*_activated(products, params["activation"]), ("Mul", ["-", "t0"], {})]


def _activated(nodes: Nodes, activation: str) -> Nodes:
    """Return the nodes and those of an activation of their last result."""
    if activation == "none":
        return nodes
    return [*nodes, *NODES[activation]({}, [f"t{len(nodes) - 1}"])]


def _silu(params: Params, names: list[str]) -> Nodes:
    return [("Sigmoid", names, {}), ("Mul", [*names, "-"], {})]


def _space(params: Params) -> int:
    """Return the number of spatial axes of a workload of windows."""
    return sum(axis in params for axis in "dhw")


def _window(params: Params) -> dict[str, Any]:
    axes = _space(params)
    return {"strides": [params["stride"]] * axes, "pads": [params["padding"]] * 2 * axes}


def _convolution(params: Params, names: list[str]) -> Nodes:
    operator = "ConvInteger" if params["dtype"] == "int8" else "Conv"
    attributes = {
        **_window(params),
        "dilations": [params["dilation"]] * _space(params),
        "group": params.get("groups") or params["c"],
    }
    nodes: Nodes = [(operator, names[: 2 + params["bias"]], attributes)]
    if params.get("residual"):
        nodes.append(("Add", ["-", names[-1]], {}))
    return _activated(nodes, "relu" if params["relu"] else params["activation"])


def _transposed(params: Params, names: list[str]) -> Nodes:
    attributes = {**_window(params), "output_padding": [params["output_padding"]] * _space(params)}
    nodes: Nodes = [("ConvTranspose", names, attributes)]
    return _activated(nodes, "relu" if params["relu"] else "none")


def _pool(operator: str) -> Callable[[Params, list[str]], Nodes]:
    def nodes(params: Params, names: list[str]) -> Nodes:
        attributes = {"kernel_shape": [params["k"]] * _space(params), **_window(params)}
        if "count_include_pad" in params:
            attributes["count_include_pad"] = int(params["count_include_pad"])
        return [(operator, names, attributes)]

    return nodes


def _as_it_is(array: Array) -> Array:
    return array


def _layer_norm(params: Params, names: list[str]) -> Nodes:
    return [("LayerNormalization", names, {"axis": -1, "epsilon": params["epsilon"]})]


def _instance_norm(params: Params, names: list[str]) -> Nodes:
    return [("InstanceNormalization", names, {"epsilon": params["epsilon"]})]


def _batch_norm(params: Params, names: list[str]) -> Nodes:
    x, mean, variance, gamma, beta = names
    order = [x, gamma, beta, mean, variance]
    return [("BatchNormalization", order, {"epsilon": params["epsilon"]})]


def _over_rows(operator: str) -> Callable[[Params, list[str]], Nodes]:
    def nodes(params: Params, names: list[str]) -> Nodes:
        return [
            ("Constant", [], {"value_ints": [-1]}),
            (operator, [*names, "t0"], {"keepdims": 0}),
        ]

    return nodes


def _attention(params: Params, names: list[str]) -> Nodes:
    q, k, v, *mask = names
    masked: Nodes = [("Add", ["-", *mask], {})] if mask else []
    return [
        ("Transpose", [k], {"perm": [0, 1, 3, 2]}),
        ("MatMul", [q, "t0"], {}),
        ("Constant", [], {"value_float": params["d"] ** -0.5}),
        ("Mul", ["t1", "t2"], {}),
        *masked,
        ("Softmax", ["-"], {"axis": -1}),
        ("MatMul", ["-", v], {}),
    ]


NODES: dict[str, Callable[[Params, list[str]], Nodes]] = {
    "matmul": _matmul,
    "batch_matmul": _matmul,
    "dense": _dense,
    "gated_dense": _gated_dense,
    **dict.fromkeys(("conv1d", "conv2d", "conv3d", "depthwise_conv2d"), _convolution),
    **dict.fromkeys(("conv1d_transpose", "conv2d_transpose", "conv3d_transpose"), _transposed),
    **dict.fromkeys(("max_pool1d", "max_pool2d", "max_pool3d"), _pool("MaxPool")),
    **dict.fromkeys(("avg_pool1d", "avg_pool2d", "avg_pool3d"), _pool("AveragePool")),
    "softmax": _plain("Softmax", axis=-1),
    "log_softmax": _plain("LogSoftmax", axis=-1),
    "logsumexp": _over_rows("ReduceLogSumExp"),
    "l2_norm": _over_rows("ReduceL2"),
    "layer_norm": _layer_norm,
    "instance_norm": _instance_norm,
    "batch_norm": _batch_norm,
    "attention": _attention,
    "transpose": _plain("Transpose", perm=[1, 0]),
    "concat": _plain("Concat", axis=1),
    "relu": _plain("Relu"),
    "gelu": _plain("Gelu"),
    "gelu_tanh": _plain("Gelu", approximate="tanh"),
    "silu": _silu,
    "mish": _plain("Mish"),
    "hard_swish": _plain("HardSwish"),
    "sigmoid": _plain("Sigmoid"),
    "tanh": _plain("Tanh"),
    "exp": _plain("Exp"),
    "add": _plain("Add"),
    "mul": _plain("Mul"),
}
"""By the name of a workload: the operators that compute it, from parameters and input names."""

STORED: dict[tuple[str, str], Callable[[Array], Array]] = {
    ("depthwise_conv2d", "weight"): lambda weight: weight.reshape(-1, 1, *weight.shape[-2:]),
}
"""By the names of a workload and of a constant: the conversion to the layout of ONNX."""
