"""Inputs that a user gives for measurements, instead of random ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from autosched.errors import WorkloadError, a_kind
from autosched.te import dag
from autosched.te.arrays import to_storage
from autosched.te.computation import size_value
from autosched.te.tensor import Tensor

_SEED = 20


def own_arrays(
    given: object, tensors: Sequence[Tensor], sizes: Mapping[Any, int], workload: str
) -> dict[int, np.ndarray]:
    """Return the arrays by their positions in `tensors`: as given, or random in a given range.

    `given` maps names of inputs to an array or a range (low, high), which excludes high.
    Raises WorkloadError if an input is unknown, or an array or range does not fit.
    """
    if not isinstance(given, Mapping):
        raise WorkloadError(
            f"expected the inputs of {workload} as a mapping from names, got {a_kind(given)}",
            hint='for example inputs={"I": (0, 100)}, or a function that returns such a mapping',
        )
    computed = set(dag.outputs(tensors))
    known = {t.name: (place, t) for place, t in enumerate(tensors) if t not in computed}
    arrays = {}
    for name, value in given.items():
        if name not in known:
            raise WorkloadError(
                f"expected inputs of {workload}, which are {', '.join(known)}, got {name!r}"
            )
        place, tensor = known[name]
        shape = tuple(size_value(extent, dict(sizes), name) for extent in tensor.shape)
        drawn = _drawn(value, tensor, shape, place) if isinstance(value, tuple) else value
        arrays[place] = _fitting(drawn, tensor, shape, workload)
    return arrays


def _drawn(limits: tuple[Any, ...], tensor: Tensor, shape: tuple[int, ...], number: int) -> Any:
    name = tensor.name
    try:
        low, high = limits
        rng = np.random.default_rng((_SEED, number))
        if tensor.dtype.is_float:
            return rng.uniform(low, high, shape)
        return rng.integers(low, high, shape, dtype=tensor.dtype.numpy)
    except (TypeError, ValueError, OverflowError) as error:
        raise WorkloadError(
            f"expected a range (low, high) of {tensor.dtype.name} for the input {name}, "
            f"got {limits!r}: {error}"
        ) from None


def _fitting(value: Any, tensor: Tensor, shape: tuple[int, ...], workload: str) -> np.ndarray:
    """Return the value as an array of the tensor; bfloat16 from floats or its bits in uint16."""
    kind = tensor.dtype
    array = np.asarray(value)
    wanted = f"an array of {kind.name}{list(shape)} for the input {tensor.name} of {workload}"
    if array.shape != shape:
        raise WorkloadError(f"expected {wanted}, got one of {array.dtype}{list(array.shape)}")
    if kind.kind == "bfloat":
        if array.dtype == np.uint16:
            return array
        return to_storage(array.astype(np.float32), kind)
    if array.dtype.kind not in "biuf" or (array.dtype.kind == "f" and not kind.is_float):
        raise WorkloadError(f"expected {wanted}, got one of {array.dtype}{list(array.shape)}")
    return array.astype(kind.numpy)
