"""StableHLO text as the modules, types and arrays of MLIR's own library, which jaxlib has."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from autosched.errors import GraphError
from autosched.graph.types import TensorType
from autosched.ir.dtype import DType, dtype

_DTYPES = {
    "i1": "bool",
    "f16": "float16",
    "bf16": "bfloat16",
    "f32": "float32",
    "f64": "float64",
    **{f"i{bits}": f"int{bits}" for bits in (8, 16, 32, 64)},
    **{f"ui{bits}": f"uint{bits}" for bits in (8, 16, 32, 64)},
}


BYTECODE = b"ML\xefR"
"""The first bytes of a module that is no text."""


def mlir() -> Any:
    """MLIR's Python module. Raises GraphError where JAX is not installed."""
    try:
        from jax.extend.mlir import ir
    except ImportError:
        raise GraphError(
            "expected JAX to read StableHLO, got none installed",
            hint="pip install 'autosched[jax]'",
        ) from None
    return ir


def text_of(model: Any) -> str:
    """The text of a `jax.export.Exported`, or of a file. Raises GraphError if it is unreadable."""
    if not isinstance(model, str | os.PathLike):
        return str(model.mlir_module())
    try:
        data = Path(model).read_bytes()
        if data.startswith(BYTECODE):
            raise GraphError(
                f"expected a file of StableHLO text, got MLIR bytecode in {model}",
                hint="give compile the jax.export.Exported, or write its mlir_module() to the file",
            )
        return data.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise GraphError(f"expected a readable file of StableHLO text, got {error}") from error


def parsed(text: str) -> Any:
    """The module of a text. Raises GraphError with MLIR's complaint where it is no such text."""
    ir = mlir()
    from jax.extend.mlir.dialects import chlo, stablehlo
    from jaxlib.mlir._mlir_libs import _jax_mlir_ext

    registry = ir.DialectRegistry()
    _jax_mlir_ext.register_dialects(registry)
    with ir.Context() as context:
        context.append_dialect_registry(registry)
        context.allow_unregistered_dialects = True  # what they compute is told by its name
        context.load_all_available_dialects()
        stablehlo.register_dialect(context)
        chlo.register_dialect(context)
        try:
            return ir.Module.parse(text)
        except ir.MLIRError as error:
            complaint = " ".join(str(error).split())[:300]
            raise GraphError(f"expected StableHLO text, got {complaint}") from None


def type_of(kind: Any) -> TensorType:
    """The type of a tensor. Raises GraphError for sizes that data decide, and other elements."""
    element = element_of(kind)
    if not kind.has_static_shape:
        raise GraphError(f"expected sizes that follow from those of the inputs, got {kind}")
    return TensorType(element, tuple(kind.shape))


def element_of(kind: Any) -> DType:
    """The dtype of a tensor's elements. Raises GraphError for elements of another kind."""
    name = str(kind.element_type)
    if name not in _DTYPES:
        raise GraphError(f"expected tensors of numbers, got {kind}")
    return dtype(_DTYPES[name])


def array_of(attribute: Any, kind: TensorType) -> np.ndarray:
    """The array of a constant; bfloat16 as its bits in uint16."""
    ir = mlir()
    if isinstance(attribute, ir.DenseElementsAttr) and attribute.is_splat:
        value = attribute.get_splat_value().value
        return np.full(kind.sizes, _stored([value], kind.dtype)[0])
    return _stored(np.array(attribute), kind.dtype).reshape(kind.sizes)


def _stored(values: Sequence[Any] | np.ndarray, element: DType) -> np.ndarray:
    if element.kind != "bfloat":
        return np.asarray(values).astype(element.numpy)
    if isinstance(values, np.ndarray) and values.dtype.itemsize == 2:
        return values.view(np.uint16)
    return (np.asarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)
