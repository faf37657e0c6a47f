"""Recurrent layers: a state that each step of a sequence changes.

The arrays are ONNX's. `x` is `[time, batch, features]`; a direction's matrices lie one gate
after another in `weight` `[directions, gates * hidden, features]`, `recurrence` `[directions,
gates * hidden, hidden]` and `bias` `[directions, 2 * gates * hidden]`, of which the second half
is the recurrence's. The outputs are all states `[time, directions, batch, hidden]`, then the
last ones `[directions, batch, hidden]`. With `batch_first` the batch is axis 0 of all but the
matrices. `lengths` are the steps of each sequence of the batch: the states after them are 0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, attributes, operator
from autosched.graph.types import TensorType

Activation = Callable[[Array, float, float], Array]


def _sigmoid(x: Array) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(1 / (1 + np.exp(-x)))


ACTIVATIONS: dict[str, tuple[Activation, float, float]] = {
    "relu": (lambda x, a, b: np.maximum(x, 0), 0.0, 0.0),
    "tanh": (lambda x, a, b: np.tanh(x), 0.0, 0.0),
    "sigmoid": (lambda x, a, b: _sigmoid(x), 0.0, 0.0),
    "affine": (lambda x, a, b: a * x + b, 1.0, 0.0),
    "leakyrelu": (lambda x, a, b: np.where(x < 0, a * x, x), 0.01, 0.0),
    "thresholdedrelu": (lambda x, a, b: np.where(x > a, x, 0), 1.0, 0.0),
    "scaledtanh": (lambda x, a, b: a * np.tanh(b * x), 1.0, 1.0),
    "hardsigmoid": (lambda x, a, b: np.clip(a * x + b, 0, 1), 0.2, 0.5),
    "elu": (lambda x, a, b: np.where(x < 0, a * np.expm1(x), x), 1.0, 0.0),
    "softsign": (lambda x, a, b: x / (1 + np.abs(x)), 0.0, 0.0),
    "softplus": (lambda x, a, b: np.logaddexp(x, 0), 0.0, 0.0),
}
"""A function of an array and two numbers, and what these are where nothing else is said."""

PARAMETERS = {
    **dict.fromkeys(("leakyrelu", "elu", "thresholdedrelu"), 1),
    **dict.fromkeys(("affine", "scaledtanh", "hardsigmoid"), 2),
}
"""How many numbers an activation takes, where it takes any."""

DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}


class _Gates:
    """One direction's matrices, biases and activations, in the precision of the arrays."""

    def __init__(
        self,
        weight: Array,
        recurrence: Array,
        bias: Array | None,
        functions: Sequence[Callable[[Array], Array]],
        clip: float,
    ):
        self.hidden = recurrence.shape[-1]
        self.weight, self.recurrence = weight, recurrence
        zeros = np.zeros(2 * len(weight), weight.dtype)
        self.of_input, self.of_state = np.split(zeros if bias is None else bias, 2)
        self.functions, self._clip = functions, clip

    def activate(self, place: int, x: Array) -> Array:
        """The activation number `place` of `x`, which is clipped first."""
        return self.functions[place](np.clip(x, -self._clip, self._clip) if self._clip else x)

    def input_part(self, x: Array) -> Array:
        return x @ self.weight.T + self.of_input

    def state_part(self, state: Array, first: int = 0, end: int | None = None) -> Array:
        """What the state adds to the gates number `first` to before `end`."""
        part = slice(first * self.hidden, None if end is None else end * self.hidden)
        return state @ self.recurrence[part].T + self.of_state[part]


@attributes
class Recurrent(Operator):
    """Base of the recurrent layers, which say how a step changes their states.

    `activations` are names of `ACTIVATIONS`, those of one direction after another; `alphas`
    and `betas` are the numbers of those that take some, in order. `clip` bounds the absolute
    value of what goes into the gates' activations; 0 is no bound. As in ONNX Runtime, the
    cell of an LSTM goes into the last activation as it is.
    """

    gates: ClassVar[int] = 1
    states: ClassVar[int] = 1
    defaults: ClassVar[tuple[str, ...]] = ("tanh",)
    direction: str = "forward"
    activations: tuple[str, ...] = ()
    alphas: tuple[float, ...] = ()
    betas: tuple[float, ...] = ()
    clip: float = 0.0
    batch_first: bool = False

    def step(self, gates: _Gates, x: Array, states: list[Array], peephole: Array) -> list[Array]:
        """The states after a step whose input is `x`, from those before."""
        raise NotImplementedError

    def infer(
        self,
        x: TensorType,
        weight: TensorType,
        recurrence: TensorType,
        bias: TensorType | None = None,
        lengths: TensorType | None = None,
        *_: TensorType | None,
    ) -> list[TensorType]:
        self._functions()
        count, hidden = self._directions(), recurrence.shape[-1]
        rows = self.gates * recurrence.sizes[-1]
        if x.rank != 3:
            raise GraphError(f"expected a sequence of 3 axes for {self.name}, got {x}")
        steps, batch, features = x.sizes
        wanted = [(count, rows, features), (count, rows, hidden), (count, 2 * rows)]
        for given, shape in zip((weight, recurrence, bias), wanted, strict=True):
            if given is not None and given.shape != shape:
                raise GraphError(f"expected {list(shape)} for {self.name} of {x}, got {given}")
        if self.batch_first:
            steps, batch = batch, steps
            whole, last = (batch, steps, count, hidden), (batch, count, hidden)
        else:
            whole, last = (steps, count, batch, hidden), (count, batch, hidden)
        return [x.with_shape(*whole), *[x.with_shape(*last)] * self.states]

    def evaluate(
        self,
        x: Array,
        weight: Array,
        recurrence: Array,
        bias: Array | None = None,
        lengths: Array | None = None,
        initial: Array | None = None,
    ) -> list[Array]:
        return self.layer(x, (weight, recurrence, bias), lengths, [initial])

    def layer(
        self,
        x: Array,
        matrices: tuple[Array, Array, Array | None],
        lengths: Array | None,
        initial: Sequence[Array | None],
        peepholes: Array | None = None,
    ) -> list[Array]:
        """The outputs, of all directions."""
        if self.batch_first:
            x = x.swapaxes(0, 1)
            initial = [None if a is None else a.swapaxes(0, 1) for a in initial]
        weight, recurrence, bias = matrices
        batch, hidden = x.shape[1], recurrence.shape[-1]
        functions = self._functions()
        ran = []
        for number in range(self._directions()):
            gates = _Gates(
                weight[number],
                recurrence[number],
                None if bias is None else bias[number],
                functions[number],
                self.clip,
            )
            states = [
                np.zeros((batch, hidden), x.dtype) if a is None else a[number] for a in initial
            ]
            peephole = np.zeros(3 * hidden, x.dtype) if peepholes is None else peepholes[number]
            backward = number == 1 or self.direction == "reverse"
            ran.append(self._along(gates, x, lengths, states, peephole, backward))
        whole = np.stack([found for found, _ in ran], axis=1)
        last = [np.stack(states) for states in zip(*(states for _, states in ran), strict=True)]
        if self.batch_first:
            whole, last = whole.transpose(2, 0, 1, 3), [a.swapaxes(0, 1) for a in last]
        return [array.astype(x.dtype, copy=False) for array in (whole, *last)]

    def _along(
        self,
        gates: _Gates,
        x: Array,
        lengths: Array | None,
        states: list[Array],
        peephole: Array,
        backward: bool,
    ) -> tuple[Array, list[Array]]:
        """All states of one direction, and the last ones."""
        found = np.zeros((*x.shape[:2], gates.hidden), x.dtype)
        steps = range(len(x))
        for time in reversed(steps) if backward else steps:
            after = self.step(gates, x[time], states, peephole)
            if lengths is None:
                states, found[time] = after, after[0]
                continue
            runs = (time < lengths)[:, np.newaxis]
            states = [np.where(runs, new, old) for new, old in zip(after, states, strict=True)]
            found[time] = np.where(runs, after[0], 0)
        return found, states

    def _directions(self) -> int:
        if self.direction not in DIRECTIONS:
            raise GraphError(f"expected a direction of {set(DIRECTIONS)}, got {self.direction}")
        return DIRECTIONS[self.direction]

    def _functions(self) -> list[list[Callable[[Array], Array]]]:
        """The activations of each direction."""
        each, count = len(self.defaults), self._directions()
        names = self.activations or self.defaults * count
        unknown = [name for name in names if name not in ACTIVATIONS]
        if unknown or len(names) != each * count:
            raise GraphError(
                f"expected {each * count} activations of {self.name}, got {', '.join(names)}"
            )
        alphas, betas = iter(self.alphas), iter(self.betas)
        made = []
        for name in names:
            function, alpha, beta = ACTIVATIONS[name]
            if PARAMETERS.get(name, 0) >= 1:
                alpha = next(alphas, alpha)
            if PARAMETERS.get(name, 0) >= 2:
                beta = next(betas, beta)
            made.append(_bound(function, alpha, beta))
        return [made[n * each : (n + 1) * each] for n in range(count)]


def _bound(function: Activation, alpha: float, beta: float) -> Callable[[Array], Array]:
    return lambda x: np.asarray(function(x, alpha, beta))


@operator("rnn")
class Rnn(Recurrent):
    """`h = f(x W' + h R' + b)`: one gate."""

    def step(self, gates: _Gates, x: Array, states: list[Array], peephole: Array) -> list[Array]:
        return [gates.activate(0, gates.input_part(x) + gates.state_part(states[0]))]


@operator("gru")
class Gru(Recurrent):
    """Gates update, reset and hidden. `h = (1 - update) * hidden + update * h`.

    The reset gate scales the state before its matrix, or with `reset_after` what comes of it.
    """

    gates: ClassVar[int] = 3
    defaults: ClassVar[tuple[str, ...]] = ("sigmoid", "tanh")
    reset_after: bool = False

    def step(self, gates: _Gates, x: Array, states: list[Array], peephole: Array) -> list[Array]:
        (state,) = states
        given = gates.input_part(x)
        both = given[:, : 2 * gates.hidden] + gates.state_part(state, 0, 2)
        update, reset = np.split(gates.activate(0, both), 2, axis=-1)
        if self.reset_after:
            old = reset * gates.state_part(state, 2)
        else:
            old = gates.state_part(reset * state, 2)
        hidden = gates.activate(1, given[:, 2 * gates.hidden :] + old)
        return [(1 - update) * hidden + update * state]


@operator("lstm")
class Lstm(Recurrent):
    """Gates input, output, forget and cell; the states are hidden and cell.

    `peepholes` `[directions, 3 * hidden]` weigh what the gates input, output and forget see of
    the cell. With `coupled` the forget gate is 1 less the input gate.
    """

    gates: ClassVar[int] = 4
    states: ClassVar[int] = 2
    defaults: ClassVar[tuple[str, ...]] = ("sigmoid", "tanh", "tanh")
    coupled: bool = False

    def step(self, gates: _Gates, x: Array, states: list[Array], peephole: Array) -> list[Array]:
        state, cell = states
        given = gates.input_part(x) + gates.state_part(state)
        to_input, to_output, to_forget, to_cell = np.split(given, 4, axis=-1)
        of_input, of_output, of_forget = np.split(peephole, 3)
        taken = gates.activate(0, to_input + of_input * cell)
        kept = 1 - taken if self.coupled else gates.activate(0, to_forget + of_forget * cell)
        cell = kept * cell + taken * gates.activate(1, to_cell)
        shown = gates.activate(0, to_output + of_output * cell)
        return [shown * gates.functions[2](cell), cell]

    def evaluate(
        self,
        x: Array,
        weight: Array,
        recurrence: Array,
        bias: Array | None = None,
        lengths: Array | None = None,
        initial: Array | None = None,
        initial_cell: Array | None = None,
        peepholes: Array | None = None,
    ) -> list[Array]:
        matrices = (weight, recurrence, bias)
        return self.layer(x, matrices, lengths, [initial, initial_cell], peepholes)
