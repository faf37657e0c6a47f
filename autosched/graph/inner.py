"""Graphs inside nodes, such as the body of a loop, compiled when a run first gets there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from autosched.errors import GraphError
from autosched.graph.evaluate import run as by_numpy
from autosched.graph.graph import Graph
from autosched.graph.operators.control import Control
from autosched.graph.operators.operator import Operator
from autosched.graph.types import BFloats

if TYPE_CHECKING:
    from autosched.search.scheduler import WeightedTask

Array = np.ndarray

MOST_SHAPES = 4
"""Networks of one inner graph: a loop whose values grow would have one for each of its runs."""


class InnerModel(Protocol):
    """What compiles an inner graph, for the shapes that come."""

    @property
    def decides_shapes(self) -> bool: ...
    @property
    def tasks(self) -> list[WeightedTask]: ...
    @property
    def networks(self) -> list[Any]: ...
    def knows(self, inputs: Sequence[Array]) -> bool: ...
    def prepared(self, inputs: Sequence[Array]) -> tuple[Any, list[Array]]: ...


class InnerGraphs:
    """Computes operators for a network, and their inner graphs by networks of their own.

    NumPy computes a graph in which the elements of an input decide shapes, as the number of a run
    may, one that does not fit its inputs as they come, and one for more than MOST_SHAPES shapes.
    """

    def __init__(self, model_of: Callable[[Graph], InnerModel]):
        self._model_of = model_of
        self._models: dict[Graph, InnerModel] = {}
        self._lock = Lock()

    @property
    def models(self) -> list[InnerModel]:
        """The models of the graphs that were run."""
        return list(self._models.values())

    def outputs(self, operator: Operator, inputs: Sequence[Array | None]) -> list[Array]:
        """All outputs of an operator, as `Operator.outputs`."""
        if not isinstance(operator, Control):
            return operator.outputs(inputs)
        return [np.asarray(array) for array in operator.computed(self._run, *inputs)]

    def _run(self, graph: Graph, inputs: Sequence[Array]) -> Sequence[Array]:
        with self._lock:
            model = self._models.get(graph)
            if model is None:
                model = self._models[graph] = self._model_of(graph)
        is_plain = not any(isinstance(array, BFloats) for array in inputs)
        if is_plain and not model.decides_shapes and self._has_place(model, inputs):
            try:
                network, arrays = model.prepared(inputs)
            except GraphError:  # a value that is carried may be of another type than it was
                return by_numpy(graph, inputs)
            return list(network.run(arrays))
        return by_numpy(graph, inputs)

    @staticmethod
    def _has_place(model: InnerModel, inputs: Sequence[Array]) -> bool:
        return model.knows(inputs) or len(model.networks) < MOST_SHAPES
