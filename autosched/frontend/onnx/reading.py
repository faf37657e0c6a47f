"""Reading ONNX files: nothing is executed, and no file outside of the model's folder is read."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.errors import GraphError
from autosched.frontend.onnx.outline import LEAST_BYTES, outlined
from autosched.graph.types import MOST_BYTES
from autosched.ir.dtype import DType, dtype

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

_DTYPES = {
    1: "float32", 2: "uint8", 3: "int8", 4: "uint16", 5: "int16", 6: "int32", 7: "int64",
    9: "bool", 10: "float16", 11: "float64", 12: "uint32", 13: "uint64", 16: "bfloat16",
}  # fmt: skip
"""Our dtypes by the numbers of `TensorProto.DataType`."""


def onnx_package() -> Any:
    """The package that reads the format. Raises GraphError where it is not installed."""
    try:
        import onnx
    except ImportError as error:
        raise GraphError(
            "expected the package onnx, to read a model, got none",
            hint="pip install 'autosched[onnx]'",
        ) from error
    return onnx


def load_model(source: str | Path | bytes | ModelProto) -> tuple[ModelProto, Path | None]:
    """The model of a file, of its bytes or as it is, and the folder of its external data.

    Raises GraphError for what is no ONNX model.
    """
    onnx = onnx_package()
    if isinstance(source, onnx.ModelProto):
        return source, None
    folder = None
    if isinstance(source, str | Path):
        path = Path(source)
        folder = path.parent
        try:
            source = outlined(path) or path.read_bytes()
        except OSError as error:
            raise GraphError(
                f"expected a file of a model, got {source!s}: {error.strerror or error}"
            ) from error
    model = onnx.ModelProto()
    try:
        model.ParseFromString(source)
    except Exception as error:  # protobuf's own kinds of errors differ between its versions
        raise GraphError(f"expected an ONNX model, got bytes that are none ({error})") from error
    if not model.opset_import or not model.HasField("graph"):
        raise GraphError("expected an ONNX model with a graph and an opset, got none")
    return model, folder


def dtype_of(number: int, what: str) -> DType:
    """The dtype of a number of `TensorProto.DataType`."""
    if number not in _DTYPES:
        names = onnx_package().TensorProto.DataType
        known = names.Name(number) if number in names.values() else f"number {number}"
        raise GraphError(f"expected {what} of numbers, got the dtype {known}")
    return dtype(_DTYPES[number])


def array_of(tensor: TensorProto, folder: Path | None) -> tuple[np.ndarray, DType]:
    """The array of a tensor and its dtype; bfloat16 as its bits in uint16.

    Large ones that lie in a file are mapped into this process, to be read when they are needed.
    Raises GraphError where its data are missing, are of another size than its shape, or lie
    outside of `folder`.
    """
    onnx = onnx_package()
    element, shape = dtype_of(tensor.data_type, f"the tensor {tensor.name}"), tuple(tensor.dims)
    size = prod(shape) * element.bytes
    if min(shape, default=0) < 0 or size > MOST_BYTES:
        raise GraphError(
            f"expected a tensor of at most {MOST_BYTES} bytes for {tensor.name}, got {list(shape)}"
        )
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        return _external(tensor, folder, element, shape), element
    try:
        array = onnx.numpy_helper.to_array(tensor)
        if element.kind == "bfloat":
            array = array.view(np.uint16)
        return np.ascontiguousarray(array, element.numpy).reshape(shape), element
    except (ValueError, TypeError) as error:
        raise GraphError(
            f"expected data of {list(shape)} for {tensor.name}, got {error}"
        ) from error


def _external(
    tensor: TensorProto, folder: Path | None, element: DType, shape: tuple[int, ...]
) -> np.ndarray:
    entries = {entry.key: entry.value for entry in tensor.external_data}
    place = entries.get("location", "")
    if folder is None or not place:
        raise GraphError(f"expected the data of {tensor.name} in the model, got the file {place!r}")
    size = prod(shape) * element.bytes
    try:
        file = (folder / place).resolve()
        if not file.is_relative_to(folder.resolve()):
            raise GraphError(f"expected the data of {tensor.name} beside the model, got {place!r}")
        offset = int(entries.get("offset", "0"))
        there = file.stat().st_size - offset if file.is_file() else 0
        length = int(entries.get("length", size))
        if not 0 <= size == length <= there:
            got = min(there, length)
            raise GraphError(f"expected {size} bytes of {tensor.name} in {place!r}, got {got}")
        little = element.numpy.newbyteorder("<")
        if size >= LEAST_BYTES:
            data: np.ndarray = np.memmap(file, little, "r", offset, shape)
        else:
            data = np.fromfile(file, little, prod(shape), offset=offset).reshape(shape)
    except (OSError, ValueError) as error:
        raise GraphError(f"expected the data of {tensor.name}, got {error}") from error
    return data.astype(element.numpy, copy=False)
