"""Inputs to run a model on: those that are given, and random ones for the others."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Graph, Value, check_inputs
from autosched.graph.specialize import check_fits, deciding
from autosched.graph.types import TensorType
from autosched.te.arrays import to_storage

Array = np.ndarray


def complete(
    graph: Graph, given: Mapping[str, Array], sizes: Mapping[str, int], seed: int = 0
) -> dict[str, Array]:
    """An array for each input by name, in order: the one given, or a random one.

    Symbolic sizes are those of the arrays given, or come from `sizes`. Raises GraphError for a
    size that neither tells, for an array that does not fit, and for an input that must be given:
    one that decides shapes, or whose type the model leaves open.
    """
    unknown = set(given) - {value.name for value in graph.inputs}
    if unknown:
        names = ", ".join(value.name for value in graph.inputs)
        raise GraphError(f"expected inputs of {graph.name} ({names}), got {min(unknown)}")
    known = dict(sizes)
    for value in graph.inputs:
        if value.name in given and value.type is not None:
            check_inputs(Graph(graph.name, (value,), (), ()), [given[value.name]])
            for size, extent in zip(value.type.shape, given[value.name].shape, strict=True):
                known.setdefault(str(size), extent)
    decides = deciding(graph)
    generator = np.random.default_rng(seed)
    arrays: dict[str, Array] = {}
    for value in graph.inputs:
        if value.name in given:
            arrays[value.name] = given[value.name]
            continue
        if value.type is None or value in decides:
            why = "whose type is open" if value.type is None else "on which shapes depend"
            raise GraphError(
                f"expected an array for the input {value.name}, {why}, got none",
                hint=f"for example --input {value.name}=[2,3], or --input {value.name}=FILE.npy",
            )
        arrays[value.name] = drawn(_bound(graph, value, known), generator)
    check_inputs(graph, list(arrays.values()))
    return arrays


def drawn(kind: TensorType, generator: np.random.Generator) -> Array:
    """A random array: floats in [-1, 1), bytes of any value, other integers 0 or 1.

    Integers are often indices or masks, for which 0 and 1 are right whatever they index.
    """
    if kind.dtype.is_float:
        return to_storage(generator.uniform(-1, 1, kind.sizes).astype(np.float32), kind.dtype)
    if kind.dtype.bits == 8:
        limits = np.iinfo(kind.dtype.numpy)
        return generator.integers(limits.min, limits.max + 1, kind.sizes, kind.dtype.numpy)
    return generator.integers(0, 2, kind.sizes).astype(kind.dtype.numpy)


def _bound(graph: Graph, value: Value, sizes: Mapping[str, int]) -> TensorType:
    assert value.type is not None, "one of open type must be given"
    made = value.type.bound(sizes)
    missing = [name for name in graph.sizes if name not in sizes]
    if made.names:
        raise GraphError(
            f"expected a value for each size of {graph.name}, got none for {', '.join(missing)}",
            hint=f"for example --size {missing[0]}=1, or sizes={{{missing[0]!r}: 1}} of compile",
        )
    check_fits(value.name, made)
    return made
