"""Recurrent layers of a few steps become their steps: products of matrices, and cells.

    y, h = lstm(x, w, r, b)    ->    g = matmul(x, w) + b        for all steps at once
                                     p = matmul(h0, r)
                                     h1, c1 = lstm_cell(g, 0, p, c0)
                                     p = matmul(h1, r) ...       step by step

All steps have the same kernels. It needs constant matrices, the usual activations and sequences
of one length; of a GRU, that the reset gate is after its matrix.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from autosched.graph.graph import Graph, GraphBuilder, Node, Value, rewrite
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators.arithmetic import Add
from autosched.graph.operators.cells import GruCell, LstmCell
from autosched.graph.operators.contraction import MatMul
from autosched.graph.operators.movement import Concat, Split
from autosched.graph.operators.operator import Operator
from autosched.graph.operators.recurrent import DIRECTIONS, Gru, Lstm
from autosched.graph.operators.reshaping import Reshape
from autosched.ir.dtype import FLOAT32

MOST_STEPS = 64
"""Of all directions: a network has some kernel calls for each."""


def recurrent(graph: Graph) -> Graph:
    """See the module."""
    return rewrite(graph, _steps, TypedBuilder(graph.name))


def _steps(
    node: Node, inputs: Sequence[Value | None], builder: GraphBuilder
) -> Sequence[Value] | None:
    given = [*inputs, *[None] * (8 - len(inputs))]
    known = [None if value is None else builder.known(value) for value in given[1:4]]
    if not _is_plain(node, given) or known[0] is None or known[1] is None:
        return None
    if given[3] is not None and known[2] is None:
        return None
    x = given[0]
    assert x is not None
    assert x.type is not None
    steps, batch, _ = x.type.sizes
    rows, hidden = known[1].shape[1:]
    bias = np.zeros((len(known[0]), 2 * rows), np.float32) if known[2] is None else known[2]
    layer = _Layer(node, builder, (steps, batch, hidden))
    states = [layer.initial(value, len(known[0])) for value in given[5:7]]
    found = [
        layer.run(x, known[0][way], known[1][way], bias[way], [s[way] for s in states], way)
        for way in range(len(known[0]))
    ]
    flat = [found[way][0][time] for time in range(steps) for way in range(len(found))]
    whole = layer.stacked(flat, (steps, len(found), batch, hidden))
    last = [
        layer.stacked([of_way[1][place] for of_way in found], (len(found), batch, hidden))
        for place in range(len(node.outputs) - 1)
    ]
    return [whole, *last]


def _is_plain(node: Node, given: Sequence[Value | None]) -> bool:
    operator, x = node.operator, given[0]
    if not isinstance(operator, Lstm | Gru) or x is None or x.type is None or x.type.names:
        return False
    if isinstance(operator, Lstm):
        plain: Lstm | Gru = Lstm(operator.direction)
    else:
        plain = Gru(operator.direction, reset_after=True)
    count = x.type.sizes[0] * DIRECTIONS.get(operator.direction, MOST_STEPS + 1)
    is_short = x.type.dtype is FLOAT32 and 0 < count <= MOST_STEPS and x.type.elements > 0
    return is_short and operator == plain and given[4] is None and given[7] is None


class _Layer:
    """Adds the steps of a layer of (steps, batch, hidden)."""

    def __init__(self, node: Node, builder: GraphBuilder, sizes: tuple[int, int, int]):
        self._node, self._builder = node, builder
        self._steps, self._batch, self._hidden = sizes

    def initial(self, value: Value | None, ways: int) -> list[Value]:
        """The first state of each direction."""
        shape = (self._batch, self._hidden)
        if value is None:
            return [self._constant(np.zeros(shape, np.float32))] * ways
        parts = [value]
        if ways > 1:
            parts = list(self._builder.add(Split(0, ways), value, name=self._node.name, count=ways))
        return [self._reshaped(part, shape) for part in parts]

    def run(
        self,
        x: Value,
        weight: np.ndarray,
        recurrence: np.ndarray,
        bias: np.ndarray,
        states: list[Value],
        way: int,
    ) -> tuple[list[Value], list[Value]]:
        """The hidden states of all steps of a direction, and its last states."""
        is_gru = isinstance(self._node.operator, Gru)
        of_input, of_state = np.split(bias, 2)
        if is_gru:
            first = slice(0, 2 * self._hidden)
            of_input, of_state = of_input.copy(), of_state.copy()
            of_input[first] += of_state[first]
            of_state[first] = 0
        else:
            of_input = of_input + of_state
        product = self._add(MatMul(transpose_b=True), x, self._constant(weight))
        given = self._add(Add(), product, self._constant(of_input))
        matrix, added = self._constant(recurrence), self._constant(of_state)
        times = list(range(self._steps))
        if way == 1 or self._node.operator.direction == "reverse":  # type: ignore[attr-defined]
            times.reverse()
        hidden, cell = states
        found: dict[int, Value] = {}
        for time in times:
            part = self._add(MatMul(transpose_b=True), hidden, matrix)
            place = self._constant(np.array(time))
            if is_gru:
                part = self._add(Add(), part, added)
                hidden = self._add(GruCell(), given, place, part, hidden)
            else:
                hidden, cell = self._builder.add(
                    LstmCell(), given, place, part, cell, name=self._node.name, count=2
                )
            found[time] = hidden
        return [found[time] for time in range(self._steps)], [hidden, cell]

    def stacked(self, values: Sequence[Value], shape: tuple[int, ...]) -> Value:
        """States one after another, in this shape."""
        rows = [self._reshaped(value, (1, self._batch, self._hidden)) for value in values]
        return self._reshaped(rows[0] if len(rows) == 1 else self._add(Concat(0), *rows), shape)

    def _reshaped(self, value: Value, shape: tuple[int, ...]) -> Value:
        return self._add(Reshape(allow_zero=True), value, self._constant(np.array(shape)))

    def _constant(self, array: np.ndarray) -> Value:
        return self._builder.constant(np.asarray(array, order="C"), f"{self._node.name}.constant")

    def _add(self, operator: Operator, *inputs: Value) -> Value:
        return self._builder.add(operator, *inputs, name=self._node.name)[0]
