"""Which nests LLVM runs few passes on."""

from __future__ import annotations

import pytest

from autosched.codegen.llvm.loops.laid_out import FEW_SUMS, is_laid_out
from autosched.codegen.llvm.state.facts import Facts
from autosched.ir import build as b
from autosched.ir.expr import Var
from autosched.ir.stmt import Allocate, If, Stmt, block
from tests.codegen.llvm.harness import buffer, const, loop, read, unrolled, var, write

X, W, C = buffer("x", [64, 64]), buffer("w", [64, 8]), buffer("c", [64, 8])
T = buffer("t", [FEW_SUMS, 8], scope="local")
LANES = b.ramp(const(0), 1, 8)
S = var("s")


def tile(rows: int = FEW_SUMS, value=None, wrap=lambda row, stmt: stmt) -> Stmt:
    """A tile of sums of products over a serial loop; `value` makes its factor of a row and k."""
    value = value or (lambda row, k: read(X, row, k))

    def add(row: Var, k: Var) -> Stmt:
        product = b.broadcast(value(row, k), 8) * read(W, k, LANES)
        return wrap(row, write(T, row, LANES, read(T, row, LANES) + product))

    sums = loop("k", 64, lambda k: unrolled("row", rows, lambda row: add(row, k)))
    out = unrolled("row", rows, lambda row: write(C, row, LANES, read(T, row, LANES)))
    return Allocate(T, block(sums, out))


def padded(condition) -> Stmt:
    return tile(value=lambda row, k: b.select(condition(row, k), read(X, row, k), 0.0))


def squares() -> Stmt:
    values = read(X, const(0), LANES)

    def add(row: Var) -> Stmt:
        return write(T, row, LANES, read(T, row, LANES) + values * values)

    return Allocate(T, loop("k", 64, lambda k: unrolled("row", FEW_SUMS, add)))


def sums_in_memory() -> Stmt:
    """Products added to a row of vectors, one after the other: LLVM joins steps over k."""
    sums = buffer("sums", [64], scope="local")

    def add(v: Var, k: Var) -> Stmt:
        lanes = b.ramp(v * 8, 1, 8)
        product = b.broadcast(read(X, const(0), k), 8) * read(W, k, LANES)
        return write(sums, lanes, read(sums, lanes) + product)

    vectors = loop("v", 8, lambda v: unrolled("k", FEW_SUMS, lambda k: add(v, k)))
    return Allocate(sums, vectors)


def greatest() -> Stmt:
    """The greatest values of columns, as a softmax needs them."""
    most = buffer("most", [8], scope="local")

    def update(row: Var) -> Stmt:
        return write(most, LANES, b.maximum(read(most, LANES), read(W, row, LANES)))

    return Allocate(most, loop("row", 64, update))


def scalars() -> Stmt:
    return loop("i", 8, lambda i: write(C, i, const(0), read(X, i, const(0))))


def test_a_tile_of_sums_of_products_is() -> None:
    assert is_laid_out(tile(), Facts())


def test_a_condition_that_unrolling_decides_needs_nothing_more() -> None:
    assert is_laid_out(padded(lambda row, k: row < 3), Facts())


def test_padding_needs_nothing_more() -> None:
    assert is_laid_out(padded(lambda row, k: k < row + 3), Facts())


def copied(other) -> Stmt:
    """A copy of vectors, of which some rows of tiles are beyond the end."""

    def copy(row: Var, k: Var) -> Stmt:
        value = b.select(k * 5 + row < 64, read(X, k * 5 + row, LANES), other)
        return write(C, k, LANES, value)

    return loop("k", 13, lambda k: unrolled("row", 5, lambda row: copy(row, k)))


def test_padding_of_a_copy_needs_nothing_more() -> None:
    assert is_laid_out(block(copied(b.broadcast(const(0.0), 8)), tile()), Facts())


@pytest.mark.parametrize(
    "stmt",
    [
        block(copied(read(W, const(0), LANES)), tile()),
        tile(rows=FEW_SUMS - 1),
        squares(),
        sums_in_memory(),
        block(tile(), scalars()),
        block(tile(), greatest()),
        tile(wrap=lambda row, stmt: If(row + S < 3, stmt)),
    ],
    ids=[
        "a choice of what is copied",
        "few sums",
        "squares",
        "sums in memory",
        "a loop of scalars",
        "extremes",
        "a tail",
    ],
)
def test_others_leave_something_to_llvm(stmt: Stmt) -> None:
    assert not is_laid_out(stmt, Facts())
