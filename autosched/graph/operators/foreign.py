"""What ONNX Runtime computes: parts of a model that have no operators here."""

from __future__ import annotations

import base64
from functools import lru_cache
from typing import Any

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, Undefined, operator
from autosched.graph.types import UNKNOWN, TensorType
from autosched.ir.dtype import dtype

KINDS = {
    "float": "float32", "double": "float64", "float16": "float16", "bool": "bool",
    **{kind: kind for kind in ("int8", "int16", "int32", "int64")},
    **{kind: kind for kind in ("uint8", "uint16", "uint32", "uint64")},
}  # fmt: skip
"""Our dtypes by what ONNX Runtime calls the elements of `tensor(...)`."""


def kind_of(text: str) -> str | None:
    """The dtype of the tensors that ONNX Runtime says; None for anything else, as sequences."""
    return KINDS.get(text.removeprefix("tensor(").removesuffix(")"))


def session_of(model: bytes, folder: str = "", optimized: bool = True) -> Any:
    """A session of ONNX Runtime. Raises GraphError where it is missing or refuses the model."""
    try:
        import onnxruntime as ort
    except ImportError as error:
        raise GraphError(
            "expected the package onnxruntime, to run what is not supported, got none",
            hint="pip install onnxruntime",
        ) from error
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    if not optimized:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    if folder:
        key = "session.model_external_initializers_file_folder_path"
        options.add_session_config_entry(key, folder)
    try:
        return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # its own kinds of errors have no common base
        raise GraphError(f"expected a model that ONNX Runtime takes, got {_told(error)}") from error


def _told(error: Exception) -> str:
    return " ".join(str(error).split())


@operator("onnxruntime")
class OnnxRuntime(Operator):
    """The outputs of an ONNX model that ONNX Runtime runs.

    `model` is its bytes in base64, `runs` the names of its operators.
    """

    model: str
    runs: str = ""

    def infer(self, *given: TensorType) -> list[TensorType]:
        from onnx import load_model_from_string

        model = load_model_from_string(base64.b64decode(self.model))
        for info, kind in zip(model.graph.input, given, strict=True):
            shape = info.type.tensor_type.shape
            shape.ClearField("dim")
            for size in kind.sizes:
                shape.dim.add().dim_value = size
        outputs = session_of(model.SerializeToString(), optimized=False).get_outputs()
        if not all(output.shape for output in outputs):
            return []  # of no axes, or of an unknown number of them
        return [_type(output) for output in outputs]

    def evaluate(self, *given: Array) -> list[Array]:
        session = _session(self.model)
        names = [one.name for one in session.get_inputs()]
        try:
            return list(session.run(None, dict(zip(names, given, strict=True))))
        except Exception as error:  # as in `session_of`
            raise GraphError(
                f"expected values that ONNX Runtime takes, got {_told(error)}"
            ) from error

    def check_is_defined(self) -> None:
        raise Undefined(f"{self.runs} run in ONNX Runtime")


def _type(output: Any) -> TensorType:
    element = kind_of(output.type)
    assert element is not None, "what is cut out of a model passes numbers on"
    shape = tuple(size if isinstance(size, int) else UNKNOWN for size in output.shape)
    return TensorType(dtype(element), shape)


@lru_cache(maxsize=64)
def _session(model: str) -> Any:
    return session_of(base64.b64decode(model))
