"""Random networks: whatever operators fit one after another, on small float arrays."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np

from autosched.errors import GraphError
from autosched.graph.graph import Graph, Value
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import OPERATORS
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype

UNARY = ("relu", "sigmoid", "tanh", "neg", "abs", "gelu", "elu", "identity", "floor")
BINARY = ("add", "sub", "mul", "maximum", "minimum")
OVER_AXIS = ("softmax", "log_softmax", "hardmax", "lp_normalize")
REDUCTIONS = ("sum", "mean", "max", "l2_norm", "log_sum_exp")
SHAPES = ((3, 5), (1, 5), (2, 3, 5), (1, 2, 6, 5), (4,), (2, 4, 7))


def random_network(seed: int) -> tuple[Graph, list[np.ndarray]]:
    """A bound graph and arrays for its inputs."""
    return _Grower(seed).grown()


class _Grower:
    def __init__(self, seed: int):
        self._random = Random(seed)
        self._arrays = np.random.default_rng(seed)
        self._builder = TypedBuilder("random")
        self._values: list[Value] = []
        self._constants: list[Value] = []

    def grown(self) -> tuple[Graph, list[np.ndarray]]:
        inputs = []
        for number in range(self._random.randint(1, 3)):
            shape = self._random.choice(SHAPES)
            value = self._builder.input(f"x{number}", TensorType(dtype("float32"), shape))
            self._values.append(value)
            inputs.append(self._floats(*shape))
        for _ in range(self._random.randint(2, 12)):
            try:
                self._grow()
            except GraphError:
                continue  # what was drawn does not fit; nothing depends on it
        made = [value for value in self._values if value.type is not None]
        outputs = [made[-1], *self._random.sample(made, self._random.randint(0, 2))]
        return self._builder.build(dict.fromkeys(outputs)), inputs

    def _grow(self) -> None:
        draw: Any = self._random.choice(
            [self._unary, self._binary, self._binary, self._reduction, self._matmul, self._movement,
             self._conv, self._over_axis, self._norm]
        )  # fmt: skip
        x = self._random.choice(self._values[-4:])
        assert x.type is not None
        (draw if x.type.rank else self._unary)(x, x.type)

    def _add(self, name: str, *inputs: Value | None, count: int = 1, **attributes: Any) -> None:
        made = self._builder.add(OPERATORS[name](**attributes), *inputs, count=count)
        self._values += [value for value in made if value.type is not None]

    def _unary(self, x: Value, kind: TensorType) -> None:
        self._add(self._random.choice(UNARY), x)

    def _binary(self, x: Value, kind: TensorType) -> None:
        other = self._random.choice([*self._values, self._constant(kind.sizes[-1])])
        self._add(self._random.choice(BINARY), *self._random.sample([x, other], 2))

    def _over_axis(self, x: Value, kind: TensorType) -> None:
        axis = self._random.randrange(kind.rank)
        self._add(self._random.choice(OVER_AXIS), x, axis=axis)

    def _reduction(self, x: Value, kind: TensorType) -> None:
        axes = self._random.sample(range(kind.rank), self._random.randint(0, kind.rank))
        name, keeps = self._random.choice(REDUCTIONS), self._random.random() < 0.5
        self._add(name, x, self._ints(*axes), keepdims=keeps)

    def _matmul(self, x: Value, kind: TensorType) -> None:
        if self._random.random() < 0.3:
            self._add("matmul", x, x, transpose_b=True)
            return
        self._add("matmul", x, self._constant(kind.sizes[-1], self._random.choice((1, 3, 8))))

    def _conv(self, x: Value, kind: TensorType) -> None:
        window = (self._random.choice((1, 3)),) * (kind.rank - 2)
        weight = self._constant(self._random.choice((1, 4)), kind.sizes[1 % kind.rank], *window)
        stride = (self._random.choice((1, 2)),) * (kind.rank - 2)
        self._add("conv", x, weight, strides=stride, auto_pad="same_upper")

    def _norm(self, x: Value, kind: TensorType) -> None:
        channels = kind.sizes[1 % kind.rank]
        if self._random.random() < 0.5:
            self._add("layer_norm", x, self._constant(kind.sizes[-1]), count=1)
            return
        given = [self._constant(channels) for _ in range(3)]
        positive = self._builder.constant(np.abs(self._floats(channels)) + 1)
        self._add("batch_norm", x, *given, positive)

    def _movement(self, x: Value, kind: TensorType) -> None:
        which = self._random.randrange(6)
        if which == 0:
            order = self._random.sample(range(kind.rank), kind.rank)
            self._add("transpose", x, permutation=tuple(order))
        elif which == 1:
            self._add("reshape", x, self._ints(-1, self._random.choice((1, 2, 3, 5))))
        elif which == 2:
            self._add("concat", x, self._random.choice(self._values), axis=0)
        elif which == 3:
            axis = self._random.randrange(kind.rank)
            step = self._random.choice((1, 2, -1))
            ends = (-1, -100) if step < 0 else (0, 100)
            self._add("slice", x, *(self._ints(value) for value in (*ends, axis, step)))
        elif which == 4:
            pads = [self._random.randint(0, 2) for _ in range(2 * kind.rank)]
            self._add("pad", x, self._ints(*pads))
        else:
            self._add("unsqueeze", x, self._ints(0))

    def _constant(self, *shape: int) -> Value:
        return self._builder.constant(self._floats(*shape))

    def _ints(self, *values: int) -> Value:
        return self._builder.constant(np.array(values, np.int64))

    def _floats(self, *shape: int) -> np.ndarray:
        return self._arrays.uniform(-1, 1, shape).astype(np.float32)
