"""PyTorch's tensors as arrays and back, without copies, and its dtypes as ours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from autosched.errors import ExpressionError, GraphError
from autosched.graph.types import TensorType
from autosched.ir.dtype import DType, dtype

if TYPE_CHECKING:
    import torch


def torch_package() -> Any:
    """The package PyTorch. Raises GraphError where it is not installed."""
    try:
        import torch
    except ImportError as error:
        raise GraphError(
            "expected the package torch, to read a model, got none",
            hint="pip install 'autosched[torch]'",
        ) from error
    return torch


def dtype_of(element: torch.dtype) -> DType:
    """Our dtype. Raises GraphError for one of no real numbers, such as complex64."""
    name = str(element).removeprefix("torch.")
    try:
        return dtype(name)
    except ExpressionError as error:
        raise GraphError(f"expected tensors of a dtype that is supported, got {name}") from error


def type_of(tensor: torch.Tensor) -> TensorType:
    """The type of a tensor of known sizes."""
    return TensorType(dtype_of(tensor.dtype), tuple(tensor.shape))


def array_of(tensor: torch.Tensor) -> np.ndarray:
    """The elements as an array: the tensor's own memory where that is contiguous.

    bfloat16 is an array of its bits in uint16. Raises GraphError for a tensor that is not dense
    or not in the CPU's memory.
    """
    return np.asarray(memory_of(tensor), order="C")


def memory_of(tensor: torch.Tensor) -> np.ndarray:
    """The tensor's own memory, with its strides; otherwise as `array_of`."""
    torch = torch_package()
    if tensor.layout is not torch.strided or not tensor.is_cpu:
        raise GraphError(f"expected dense tensors on the CPU, got {tensor.layout}, {tensor.device}")
    dense = tensor.detach().resolve_neg()
    array = (dense.view(torch.uint16) if dense.dtype is torch.bfloat16 else dense).numpy()
    return np.asarray(array)


def restrided(tensor: torch.Tensor, strides: Sequence[int]) -> torch.Tensor:
    """A copy of the tensor whose elements lie as the strides say."""
    made = torch_package().empty_strided(tensor.shape, strides, dtype=tensor.dtype)
    return made.copy_(tensor)


def tensor_of(array: np.ndarray, element: torch.dtype) -> torch.Tensor:
    """The tensor of that memory; `array` has the bits of bfloat16."""
    torch = torch_package()
    made = torch.from_numpy(array)
    return made.view(element) if element is torch.bfloat16 else made
