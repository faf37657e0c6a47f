"""The inputs of a call as arrays: given in order or by name, by NumPy or another library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autosched.errors import GraphError, a_kind
from autosched.graph.graph import Graph, Value
from autosched.ir.dtype import dtype
from autosched.runtime.dlpack import from_dlpack

Array = np.ndarray
Inputs = Sequence[Any] | Mapping[str, Any]


def arrays_of(graph: Graph, inputs: Inputs) -> list[Array]:
    """The inputs of a graph as arrays of C order, without a copy where they are such.

    Bytes in another order are swapped, and arrays of bfloat16 (of ml_dtypes) become their bits.

    Shapes are not checked. Raises GraphError for names or a number of inputs that the graph has
    not, and for what is no array, ArgumentError for one that is not in the CPU's memory.
    """
    if isinstance(inputs, Mapping):
        names = [value.name for value in graph.inputs]
        if set(names) != set(inputs):
            raise GraphError(
                f"expected the inputs {', '.join(names) or 'none'} of {graph.name}, "
                f"got {', '.join(map(str, inputs)) or 'none'}"
            )
        inputs = [inputs[name] for name in names]
    elif not isinstance(inputs, list | tuple):
        raise GraphError(
            f"expected a list of inputs, or a mapping by name, got {a_kind(inputs)}",
            hint="write model.run([x])",
        )
    if len(inputs) != len(graph.inputs):
        raise GraphError(f"expected {len(graph.inputs)} inputs of {graph.name}, got {len(inputs)}")
    return [_array(value, given) for value, given in zip(graph.inputs, inputs, strict=True)]


def _array(value: Value, given: Any) -> Array:
    if isinstance(given, np.ndarray | np.generic):
        kind = given.dtype
        # Only where it must: it makes another object of a dtype, which the fast call does not take.
        array = np.asarray(given, kind if kind.isnative else kind.newbyteorder("="), order="C")
        return array.view(np.uint16) if array.dtype.name == "bfloat16" else array
    if not hasattr(given, "__dlpack__"):
        raise GraphError(f"expected an array for the input {value.name}, got {a_kind(given)}")
    array, is_bfloat = from_dlpack(given, f"the input {value.name}")
    found = dtype("bfloat16") if is_bfloat else dtype(array.dtype)
    if value.type is not None and found != value.type.dtype:
        raise GraphError(f"expected {value.type} for the input {value.name}, got {found}")
    return np.asarray(array, order="C")
