"""Operators whose output is their input."""

from __future__ import annotations

from autosched import te
from autosched.graph.operators.movement import Movement
from autosched.graph.operators.operator import Array, operator
from autosched.graph.types import TensorType
from autosched.te.tensor import Tensor


class Unchanged(Movement):
    """An operator that returns `x` itself."""

    def infer(self, x: TensorType) -> TensorType:
        return x

    def evaluate(self, x: Array) -> Array:
        return x

    def define(self, x: Tensor) -> Tensor:
        return te.compute(x.shape, lambda *i: x(*i), name=self.name)


@operator("identity")
class Identity(Unchanged):
    """`x` itself."""


@operator("planes")
class Planes(Unchanged):
    """`x` itself, which one node reads plane by plane, or row by row: a kernel computes both."""
