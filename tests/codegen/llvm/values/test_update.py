"""Only updates of reductions may be reordered, and what they add is not part of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.ir import build
from autosched.ir.expr import Expr
from autosched.ir.stmt import Allocate, Function, block
from autosched.target.target import Target
from tests.codegen.llvm.harness import buffer, check, function, loop, read, unrolled, write

HOST = Target.host()


def flagged(nest: Function, target: Target = HOST) -> list[str]:
    """The lines of code that may be reordered."""
    return [line.strip() for line in emit(nest, target=target).splitlines() if "reassoc" in line]


def summed(term, length: int, kind: str = "float32", how=unrolled) -> Function:
    """`C[0] = C[0] + term(x, k)` for every k."""
    x, out = buffer("x", [length + 1], kind), buffer("C", [1], kind)

    def update(k: Expr):
        return write(out, 0, build.add(read(out, 0), term(x, k)))

    return function([x, out], block(write(out, 0, build.const(0, kind)), how("k", length, update)))


def test_an_elementwise_operation_has_no_flags() -> None:
    x, out = buffer("x", [8]), buffer("C", [8])
    value = read(x, 0) / read(x, 1) * read(x, 2) + (read(x, 3) - read(x, 4) * read(x, 5))
    nest = function([x, out], write(out, 0, build.call("sqrt", build.call("abs", value))))
    text = emit(nest, target=HOST)
    assert not flagged(nest)
    assert not any(flag in text for flag in ("arcp", "afn", "contract", "nnan", "ninf"))


def test_fast_math_flags_everything() -> None:
    x, out = buffer("x", [8]), buffer("C", [8])
    nest = function([x, out], write(out, 0, read(x, 0) / read(x, 1) - read(x, 2)))
    lines = flagged(nest, replace(HOST, math="fast"))
    assert len(lines) == 2
    assert all("arcp" in line and "nnan" not in line for line in lines)


def test_an_update_is_flagged_and_what_it_adds_is_not() -> None:
    lines = flagged(summed(lambda x, k: read(x, k + 1) - read(x, k), 2))
    assert [line.split()[2] for line in lines] == ["fadd", "fadd"]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
@pytest.mark.parametrize("how", [unrolled, loop], ids=["unrolled", "loop"])
def test_differences_that_are_summed_are_rounded_each(how, kind: str) -> None:
    # (big - 1) + (2 - big) is 0 where both are rounded, and 1 where they are one sum.
    big = {"float16": 4e4, "float32": 1e30, "float64": 1e300}[kind]
    values = np.array([1.0, big, 2.0], kind)
    nest = summed(lambda x, k: read(x, k + 1) - read(x, k), 2, kind, how)
    found = check(nest, [values, np.zeros(1, kind)])
    assert found[-1][0] == 0


@pytest.mark.parametrize("how", [unrolled, loop], ids=["unrolled", "loop"])
def test_a_difference_kept_in_a_buffer_is_rounded_too(how) -> None:
    x, out = buffer("x", [3]), buffer("C", [1])
    between = buffer("t", [2], scope="local")
    body = block(
        write(out, 0, build.const(0.0, "float32")),
        how("a", 2, lambda k: write(between, k, read(x, k + 1) - read(x, k))),
        how("b", 2, lambda k: write(out, 0, build.add(read(out, 0), read(between, k)))),
    )
    nest = function([x, out], Allocate(between, body))
    found = check(nest, [np.array([1.0, 1e30, 2.0], np.float32), np.zeros(1, np.float32)])
    assert found[-1][0] == 0


@pytest.mark.parametrize("lanes", [3, 5, 16])
@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float32", "float64"])
def test_vectors_of_any_length_are_fenced(kind: str, lanes: int) -> None:
    x, out = buffer("x", [2 * lanes], kind), buffer("C", [lanes], kind)
    at = build.ramp(build.const(0), 1, lanes)
    term = read(x, at) - read(x, build.ramp(build.const(lanes), 1, lanes))
    nest = function(
        [x, out], loop("k", 3, lambda k: write(out, at, build.add(read(out, at), term)))
    )
    rng = np.random.default_rng(1)
    values = rng.integers(-8, 8, 2 * lanes).astype(np.float32)
    start = np.zeros(lanes, np.float32)
    if kind == "bfloat16":
        arrays = [(array.view(np.uint32) >> 16).astype(np.uint16) for array in (values, start)]
    else:
        arrays = [values.astype(kind), start.astype(kind)]
    check(nest, arrays)


def test_the_sum_of_what_memory_holds_may_be_vectorized() -> None:
    lines = flagged(summed(lambda x, k: read(x, k), 600, how=loop))
    text = emit(summed(lambda x, k: read(x, k), 600, how=loop), target=HOST)
    assert len(lines) == 1
    assert "arithmetic.fence" not in text


def test_a_product_is_added_in_one_step_that_may_be_reordered() -> None:
    (line,) = flagged(summed(lambda x, k: read(x, k) * read(x, k + 1), 4, how=loop))
    assert "llvm.fmuladd" in line


def telescoping(length: int) -> np.ndarray:
    """Numbers whose rounded differences sum to 0, and to 1 where all but the ends cancel."""
    values = np.full(length, 1e30, np.float32)
    values[0], values[-1] = 1.0, 2.0
    return values


@pytest.mark.parametrize("length", [3, 64, 999])
def test_a_loop_over_differences_is_left_to_vectorize(length: int) -> None:
    nest = summed(lambda x, k: read(x, k + 1) - read(x, k), length - 1, how=loop)
    assert "arithmetic.fence" not in emit(nest, target=HOST)
    found = check(nest, [telescoping(length), np.zeros(1, np.float32)])
    assert found[-1][0] == 0


def test_what_an_earlier_loop_stored_is_added_as_it_lies_in_memory() -> None:
    x, out = buffer("x", [8]), buffer("C", [4])
    between = buffer("t", [16], scope="local")

    def ramp(first: Expr | int) -> Expr:
        return build.ramp(build.as_expr(first), 1, 4)

    def fill(k: Expr):
        return write(between, ramp(k * 4), read(x, ramp(4)) - read(x, ramp(0)))

    def update(k: Expr):
        return write(out, ramp(0), build.add(read(out, ramp(0)), read(between, ramp(k * 4))))

    nest = function([x, out], Allocate(between, block(loop("a", 4, fill), loop("b", 4, update))))
    assert "arithmetic.fence" not in emit(nest, target=HOST)
    check(nest, [np.arange(8, dtype=np.float32), np.zeros(4, np.float32)])


def test_what_is_the_same_in_every_iteration_is_seen_from_inside_of_a_long_loop() -> None:
    x, out = buffer("x", [3]), buffer("C", [1])
    between, sums = buffer("t", [2], scope="local"), buffer("sums", [1], scope="local")

    def update(k: Expr):
        return block(
            *(write(sums, 0, build.add(read(sums, 0), read(between, n))) for n in range(2))
        )

    body = block(
        unrolled("a", 2, lambda k: write(between, k, read(x, k + 1) - read(x, k))),
        write(sums, 0, build.const(0.0, "float32")),
        loop("b", 600, update),
        write(out, 0, read(sums, 0)),
    )
    nest = function([x, out], Allocate(between, Allocate(sums, body)))
    found = check(nest, [telescoping(3), np.zeros(1, np.float32)])
    assert found[-1][0] == 0
