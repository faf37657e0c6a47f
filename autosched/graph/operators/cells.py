"""Single steps of recurrent layers, after the products of matrices.

`given` `[time, batch, gates * hidden]` is what every step gets of its input, with the biases, of
which a cell reads its own step `time`; `part` `[batch, gates * hidden]` is what the state adds.
The gates are in ONNX's order; states are `[batch, hidden]`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from autosched import te
from autosched.errors import GraphError
from autosched.graph.operators.elementwise import extents
from autosched.graph.operators.operator import Array, Operator, attributes, number, operator
from autosched.graph.types import TensorType
from autosched.ir.expr import Expr
from autosched.te.tensor import Tensor


@attributes
class Cell(Operator):
    """An operator of `given`, `time`, `part` and a state; all its outputs are such states."""

    def infer(
        self, given: TensorType, time: TensorType, part: TensorType, state: TensorType
    ) -> list[TensorType]:
        gates, hidden = type(self).gates, state.shape[-1]
        if given.rank != 3 or part.shape != given.shape[1:] or state.rank != 2:
            raise GraphError(f"expected parts of {given} for {self.name}, got {part} and {state}")
        if part.sizes != (state.sizes[0], gates * state.sizes[1]):
            raise GraphError(f"expected {gates} gates of {hidden} for {self.name}, got {part}")
        return [state] * type(self).states

    gates = 1
    states = 1


def _sigmoid(x: Array) -> Array:
    return np.asarray(1 / (1 + np.exp(-x)))


def _reader(
    given: Tensor, time: Tensor, part: Tensor, hidden: int
) -> Callable[[int, Expr, Expr], tuple[Expr, Expr]]:
    """Reads the gate of a number, as what it gets of the input and what of the state."""

    def read(gate: int, b: Expr, j: Any) -> tuple[Expr, Expr]:
        place = j + gate * hidden
        return given(time(*[0] * time.ndim), b, place), part(b, place)

    return read


@operator("lstm_cell")
class LstmCell(Cell):
    """Gates input, output, forget and cell; the state is the cell, the outputs hidden and cell."""

    gates, states = 4, 2

    def evaluate(self, given: Array, time: Array, part: Array, cell: Array) -> list[Array]:
        taken, shown, kept, new = np.split(given[number(time)] + part, 4, axis=-1)
        cell = _sigmoid(kept) * cell + _sigmoid(taken) * np.tanh(new)
        return [_sigmoid(shown) * np.tanh(cell), cell]

    def define(self, given: Tensor, time: Tensor, part: Tensor, cell: Tensor) -> Sequence[Tensor]:
        read = _reader(given, time, part, extents(cell)[-1])

        def total(gate: int, b: Expr, j: Expr) -> Expr:
            x, state = read(gate, b, j)
            return x + state

        def new(b: Expr, j: Expr) -> Expr:
            kept = te.sigmoid(total(2, b, j)) * cell(b, j)
            return kept + te.sigmoid(total(0, b, j)) * te.tanh(total(3, b, j))

        made = te.compute(cell.shape, new, name="cell")
        hidden = te.compute(
            cell.shape,
            lambda b, j: te.sigmoid(total(1, b, j)) * te.tanh(made(b, j)),
            name="hidden",
        )
        return [hidden, made]


@operator("gru_cell")
class GruCell(Cell):
    """Gates update, reset and hidden, of which reset scales what the last state adds."""

    gates, states = 3, 1

    def evaluate(self, given: Array, time: Array, part: Array, state: Array) -> Array:
        (x_update, x_reset, x_new) = np.split(given[number(time)], 3, axis=-1)
        (update, reset, new) = np.split(part, 3, axis=-1)
        update = _sigmoid(x_update + update)
        hidden = np.tanh(x_new + _sigmoid(x_reset + reset) * new)
        return np.asarray((1 - update) * hidden + update * state)

    def define(self, given: Tensor, time: Tensor, part: Tensor, state: Tensor) -> Tensor:
        read = _reader(given, time, part, extents(state)[-1])

        def formula(b: Expr, j: Expr) -> Expr:
            update, reset = (te.sigmoid(x + y) for x, y in (read(0, b, j), read(1, b, j)))
            x, new = read(2, b, j)
            hidden = te.tanh(x + reset * new)
            return (1.0 - update) * hidden + update * state(b, j)

        return te.compute(state.shape, formula, name=self.name)
