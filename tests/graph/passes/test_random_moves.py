"""Random moves, parts and elementwise nodes around contractions keep their meaning."""

from __future__ import annotations

from math import prod
from random import Random

import numpy as np
import pytest

from autosched.graph.evaluate import evaluate
from autosched.graph.graph import Graph, Value
from autosched.graph.infer import TypedBuilder
from autosched.graph.operators import OPERATORS
from autosched.graph.passes import pipeline
from autosched.graph.printer import text
from autosched.graph.types import TensorType
from autosched.graph.verifier import verify
from autosched.ir.dtype import dtype


class _Mover:
    """Grows a graph from a product, one move or elementwise node after another."""

    def __init__(self, seed: int):
        self.random = Random(seed)
        self.arrays = np.random.default_rng(seed)
        self.builder = TypedBuilder("moves")
        self.kept: list[Value] = []

    def graph(self) -> Graph:
        shape = self.random.choice([(1, 6, 8), (2, 4, 8), (6, 8)])
        value = self.add("matmul", self.input("x", *shape), self.constant(8, 12))
        for _ in range(self.random.randint(2, 8)):
            draw = self.random.choice([self.reshape, self.transpose, self.transpose, self.map,
                                       self.map, self.part, self.split])  # fmt: skip
            value = draw(value)
        if self.random.random() < 0.7 and len(self.sizes(value)) > 1:
            value = self.product(value)
        return self.builder.build(dict.fromkeys([*self.kept, value]))

    def input(self, name: str, *shape: int) -> Value:
        return self.builder.input(name, TensorType(dtype("float32"), shape))

    def constant(self, *shape: int) -> Value:
        return self.builder.constant(self.arrays.uniform(-1, 1, shape).astype(np.float32))

    def ints(self, *values: int) -> Value:
        return self.builder.constant(np.array(values, np.int64))

    def add(self, name: str, *inputs: Value, **attributes: object) -> Value:
        return self.builder.add(OPERATORS[name](**attributes), *inputs)[0]

    @staticmethod
    def sizes(value: Value) -> list[int]:
        assert value.type is not None
        return list(value.type.sizes)

    def reshape(self, value: Value) -> Value:
        sizes = self.sizes(value)
        place = self.random.randrange(len(sizes))
        divisor = self.random.choice(
            [d for d in range(1, sizes[place] + 1) if not sizes[place] % d]
        )
        if self.random.random() < 0.4:
            sizes[place : place + 2] = [prod(sizes[place : place + 2])]
        else:
            sizes[place : place + 1] = [divisor, sizes[place] // divisor]
        return self.add("reshape", value, self.ints(*sizes))

    def transpose(self, value: Value) -> Value:
        rank = len(self.sizes(value))
        order = tuple(self.random.sample(range(rank), rank))
        return self.add("transpose", value, permutation=order)

    def map(self, value: Value) -> Value:
        if self.random.random() < 0.3:
            return self.add(self.random.choice(["relu", "sigmoid", "neg"]), value)
        shape = [size if self.random.random() < 0.5 else 1 for size in self.sizes(value)]
        shape = shape[self.random.randint(0, len(shape)) :]
        pair = self.random.sample([value, self.constant(*shape)], 2)
        return self.add(self.random.choice(["add", "mul", "sub"]), *pair)

    def part(self, value: Value) -> Value:
        axis = self.random.randrange(len(self.sizes(value)))
        half = self.sizes(value)[axis] // 2
        if not half:
            return value
        return self.add("slice", value, self.ints(half), self.ints(100), self.ints(axis))

    def split(self, value: Value) -> Value:
        even = [axis for axis, size in enumerate(self.sizes(value)) if size % 2 == 0]
        if not even:
            return value
        operator = OPERATORS["split"](axis=self.random.choice(even), parts=2)
        first, second = self.builder.add(operator, value, count=2)
        self.kept.append(first)
        return second

    def product(self, value: Value) -> Value:
        *_, rows, columns = self.sizes(value)
        draw = self.random.randrange(3)
        if draw == 0:
            return self.add("matmul", value, self.constant(columns, 3))
        if draw == 1:
            return self.add("matmul", self.constant(2, rows), value)
        return self.add("matmul", value, value, transpose_b=True)


@pytest.mark.parametrize("first", range(0, 240, 40))
def test_random_moves(first: int) -> None:
    for seed in range(first, first + 40):
        graph = _Mover(seed).graph()
        new = pipeline.run(graph)
        verify(new)
        assert [value.type for value in new.outputs] == [value.type for value in graph.outputs]
        assert [value.name for value in new.outputs] == [value.name for value in graph.outputs]
        assert graph.inputs[0].type is not None
        x = np.random.default_rng(seed).uniform(-1, 1, graph.inputs[0].type.sizes)
        inputs = [x.astype(np.float32)]
        for got, wanted in zip(evaluate(new, inputs), evaluate(graph, inputs), strict=True):
            np.testing.assert_allclose(got, wanted, rtol=1e-3, atol=1e-4, err_msg=text(graph))
