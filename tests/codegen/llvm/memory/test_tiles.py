"""Local tiles in values: no memory, and the same numbers as with it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build as b
from autosched.ir.expr import Expr, Load
from autosched.ir.stmt import Allocate, If, LoopKind, Stmt, Store, block
from autosched.target.target import Target
from tests.codegen.llvm.harness import (
    buffer,
    check,
    const,
    function,
    loop,
    read,
    samples,
    unrolled,
    var,
    write,
)

LANES = 8


def part(at: Expr | int, lanes: int = LANES, vector: int = LANES) -> Expr:
    """The indices of vector `at`, or of the first lanes of it."""
    return b.ramp(b.as_expr(at) * vector, 1, lanes)


class Nest:
    """y = f(x) by way of a tile of vectors."""

    def __init__(self, vectors: int = 3, steps: int = 5) -> None:
        self.x = buffer("x", [steps * vectors * LANES])
        self.y = buffer("y", [vectors * LANES])
        self.tile = buffer("t", [vectors * LANES], scope="local")
        self.vectors, self.steps = vectors, steps

    def of_x(self, step: Expr | int, at: Expr | int) -> Load:
        return read(self.x, part(b.as_expr(step) * self.vectors + at))

    def at(self, place: Expr | int) -> Load:
        return read(self.tile, part(place))

    def set(self, place: Expr | int, value: Expr) -> Store:
        return write(self.tile, part(place), value)

    def each(self, body: Callable[[Expr], Stmt]) -> Stmt:
        return unrolled("v", self.vectors, body)

    def clear(self) -> Stmt:
        return self.each(lambda v: self.set(v, self.of_x(0, v)))

    def add(self, step: Expr) -> Stmt:
        return self.each(lambda v: self.set(v, self.at(v) + self.of_x(step, v)))

    def out(self) -> Stmt:
        return self.each(lambda v: write(self.y, part(v), self.at(v)))

    def run(self, *stmts: Stmt, in_memory: bool = False, sizes=(), values=()) -> np.ndarray:
        body = Allocate(self.tile, block(*stmts))
        nest = function([self.x, self.y], body, sizes)
        assert ("alloca" in emit(nest, target=Target.host())) == in_memory
        arrays = [samples("float32", self.x_size()), np.zeros(self.vectors * LANES, np.float32)]
        return check(nest, arrays, values)[1]

    def x_size(self) -> int:
        return self.steps * self.vectors * LANES


@pytest.mark.parametrize("vectors", [1, 3])
def test_sums_of_nested_loops(vectors: int) -> None:
    nest = Nest(vectors, steps=6)
    sums = loop("i", 2, lambda i: loop("j", 3, lambda j: nest.add(i * 3 + j)))
    nest.run(nest.clear(), sums, nest.out())


@pytest.mark.parametrize("count", [0, 1, 4])
def test_a_loop_that_may_not_run(count: int) -> None:
    nest, n = Nest(), var("n")
    sums = loop("i", n, nest.add)
    nest.run(nest.clear(), sums, nest.out(), sizes=[n], values=[count])


def test_steps_that_swap_values() -> None:
    nest = Nest(3)
    other = buffer("u", [LANES], scope="local")
    keep = write(other, part(0), nest.at(0))
    turn = [nest.set(0, nest.at(1)), nest.set(1, nest.at(2)), nest.set(2, read(other, part(0)))]
    steps = loop("i", 4, lambda i: Allocate(other, block(keep, *turn)))
    nest.run(nest.clear(), steps, nest.out())


@pytest.mark.parametrize("has_other", [False, True])
@pytest.mark.parametrize("is_read_between", [False, True])
def test_conditions_in_loops(has_other: bool, is_read_between: bool) -> None:
    nest = Nest()

    def step(i: Expr) -> Stmt:
        then = nest.set(0, nest.at(1) + nest.of_x(i, 0))
        other = nest.set(1, nest.of_x(i, 2)) if has_other else None
        chosen = If(i < 3, then, other)
        return block(chosen, nest.add(i)) if is_read_between else chosen

    nest.run(nest.clear(), loop("i", 5, step), loop("j", 2, step), nest.out())


def test_arms_with_loops_that_fill_the_tile() -> None:
    nest, n = Nest(), var("n")
    arms = [block(nest.clear(), loop("i", stop, nest.add), nest.out()) for stop in (3, n)]
    for count in (0, 4):
        nest.run(If(n < 2, *arms), sizes=[n], values=[count])


def test_what_a_loop_writes_before_it_reads_it() -> None:
    nest = Nest()
    steps = loop("i", 5, lambda i: block(nest.each(lambda v: nest.set(v, nest.of_x(i, v)))))
    nest.run(steps, nest.add(const(1)), nest.out())


def test_the_first_lanes_of_a_vector() -> None:
    nest = Nest(2)
    narrow = write(nest.y, part(1, 4), read(nest.tile, part(1, 4)))
    whole = write(nest.y, part(0), nest.at(0))
    nest.run(nest.clear(), loop("i", 3, nest.add), whole, narrow)


def test_the_last_lanes_of_a_vector() -> None:
    nest = Nest(2)
    ends = b.ramp(const(12), 1, 4)
    nest.run(nest.clear(), write(nest.y, b.ramp(const(0), 1, 4), read(nest.tile, ends)))


@pytest.mark.parametrize("first", [4, 1])
def test_lanes_of_two_vectors_need_memory(first: int) -> None:
    nest = Nest(2)
    across = write(nest.y, part(0), read(nest.tile, b.ramp(const(first), 1, LANES)))
    nest.run(nest.clear(), across, in_memory=True)


def test_vectors_that_overlap_need_memory() -> None:
    nest = Nest(2)
    across = write(nest.tile, b.ramp(const(4), 1, LANES), nest.of_x(1, 0))
    nest.run(nest.clear(), across, nest.out(), in_memory=True)


def test_a_place_that_a_loop_moves_needs_memory() -> None:
    nest = Nest()
    fill = loop("i", 3, lambda i: nest.set(i, nest.of_x(1, i)))
    nest.run(fill, nest.out(), in_memory=True)


def test_a_masked_store_needs_memory() -> None:
    nest = Nest(1)
    some = write(
        nest.tile,
        part(0),
        nest.of_x(1, 0),
        mask=b.ramp(const(0), 1, LANES) < b.broadcast(const(3), LANES),
    )
    nest.run(nest.clear(), some, nest.out(), in_memory=True)


def test_a_tile_that_threads_share_needs_memory() -> None:
    nest = Nest()
    store = loop("p", 1, lambda p: nest.out(), LoopKind.PARALLEL)
    nest.run(nest.clear(), store, in_memory=True)


def test_a_tile_in_an_unrolled_loop_starts_anew() -> None:
    nest = Nest()
    x, y, tile = nest.x, buffer("y", [2 * 3 * LANES]), nest.tile

    def step(u: Expr) -> Stmt:
        out = nest.each(lambda v: write(y, part(u * 3 + v), nest.at(v)))
        first = nest.each(lambda v: nest.set(v, nest.of_x(u, v)))
        return Allocate(tile, block(first, loop("i", 3, nest.add), out))

    check(
        function([x, y], unrolled("u", 2, step)),
        [samples("float32", nest.x_size()), np.zeros(48, np.float32)],
    )
