"""Operators whose every element is a formula of one element of each input, after broadcasting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Kind, Operator, Undefined, operator
from autosched.graph.types import TensorType
from autosched.ir.dtype import BOOL, DType
from autosched.ir.expr import Const, Expr
from autosched.te.axis import Axis
from autosched.te.tensor import Tensor


class Elementwise(Operator):
    """An operator that says its formula for one element: `scalar` in te, `evaluate` on arrays."""

    kind: ClassVar[Kind] = "elementwise"

    def scalar(self, *elements: Any) -> Expr:
        """The element of the output; None stands for an optional input that is left out."""
        raise NotImplementedError

    def result(self, *dtypes: DType) -> DType:
        """The dtype of the output: by default that of all inputs."""
        for dtype in dtypes[1:]:
            if dtype is not dtypes[0]:
                raise GraphError(
                    f"expected inputs of one dtype for {self.name}, got {dtypes[0]} and {dtype}"
                )
        return dtypes[0]

    def infer(self, *inputs: TensorType | None) -> TensorType:
        given = [one for one in inputs if one is not None]
        dtype = self.result(*(one.dtype for one in given))
        return TensorType(dtype, broadcast(self.name, *(one.sizes for one in given)))

    def define(self, *inputs: Tensor | None) -> Tensor:
        shape = broadcast(self.name, *(extents(given) for given in inputs if given is not None))

        def formula(*place: Expr) -> Expr:
            read = (None if given is None else element(given, place) for given in inputs)
            return self.scalar(*read)

        return te.compute(shape, formula, name=self.name)


def broadcast(name: str, *shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that all `shapes` broadcast to. Raises GraphError where there is none."""
    try:
        return np.broadcast_shapes(*map(tuple, shapes))
    except ValueError:
        shown = " and ".join(str(list(shape)) for shape in shapes)
        raise GraphError(f"expected shapes that broadcast for {name}, got {shown}") from None


def extents(tensor: Tensor) -> tuple[int, ...]:
    """The shape of a tensor as numbers."""
    return tuple(int(extent.value) for extent in tensor.shape if isinstance(extent, Const))


def element(tensor: Tensor, place: Sequence[Expr]) -> Expr:
    """The element of a broadcast tensor at a place of the larger shape.

    Where both have one point the place's own index is kept: the search tells by it that the
    reader needs no other element.
    """
    own = place[len(place) - tensor.ndim :]
    return tensor(*(chosen(n, i) for n, i in zip(extents(tensor), own, strict=True)))


def chosen(size: int, index: Expr) -> Any:
    """The index along an axis of `size` points that broadcasts to the axis of `index`."""
    extent = index.extent if isinstance(index, Axis) else None
    is_single = isinstance(extent, Const) and extent.value == 1
    return 0 if size == 1 and not is_single else index


Formula = Callable[..., Any]


def unary(
    name: str, evaluate: Formula, scalar: Formula | None, truth: bool = False
) -> type[Elementwise]:
    """An operator of one input, of its dtype or a bool with `truth`; `scalar` is the te formula."""

    class Unary(Elementwise):
        def scalar(self, *elements: Expr) -> Expr:
            return _formula(name, scalar)(*elements)

        def result(self, *dtypes: DType) -> DType:
            return BOOL if truth else dtypes[0]

        def evaluate(self, x: Array) -> Array:
            with np.errstate(all="ignore"):
                return np.asarray(evaluate(x)).astype(bool if truth else x.dtype)

    return operator(name)(Unary)


def binary(
    name: str, evaluate: Formula, scalar: Formula | None, truth: bool = False
) -> type[Elementwise]:
    """An operator of two inputs of one dtype, and of that dtype, or a bool with `truth`."""

    class Binary(Elementwise):
        def scalar(self, *elements: Expr) -> Expr:
            return _formula(name, scalar)(*elements)

        def result(self, *dtypes: DType) -> DType:
            dtype = super().result(*dtypes)
            return BOOL if truth else dtype

        def evaluate(self, a: Array, b: Array) -> Array:
            with np.errstate(all="ignore"):
                return np.asarray(evaluate(a, b)).astype(bool if truth else a.dtype)

    return operator(name)(Binary)


def _formula(name: str, scalar: Formula | None) -> Formula:
    if scalar is None:
        raise Undefined(f"expected an operator with a tensor expression, got {name}")
    return scalar
