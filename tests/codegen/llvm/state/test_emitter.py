"""Where instructions stand, and how often."""

from __future__ import annotations

import re

import numpy as np

from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.loops.laid_out import FEW_SUMS
from autosched.codegen.llvm.symbols import LAID_OUT
from autosched.ir import build as b
from autosched.ir.stmt import Allocate, Function, If, block
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
    write,
)

ROWS = FEW_SUMS
X, W = buffer("x", [4, ROWS, 16]), buffer("w", [16, 8])
C = buffer("c", [4, ROWS, 8])
LANES = b.ramp(const(0), 1, 8)


def contraction() -> Function:
    """c[i] = x[i] @ w, zero where i is 2."""
    t = buffer("t", [ROWS, 8], scope="local")

    def tile(i):
        zeros = unrolled("r", ROWS, lambda r: write(t, r, LANES, b.broadcast(const(0.0), 8)))

        def add(k):
            def sums(r):
                product = b.broadcast(read(X, i, r, k), 8) * read(W, k, LANES)
                return write(t, r, LANES, read(t, r, LANES) + product)

            return unrolled("r", ROWS, sums)

        out = unrolled("r", ROWS, lambda r: write(C, i, r, LANES, read(t, r, LANES)))
        return Allocate(t, block(zeros, If(b.ne(i, const(2)), loop("k", 16, add)), out))

    return function([X, W, C], loop("i", 4, tile))


def body_of(text: str, variable: str) -> list[str]:
    """The lines of the loop over the n-th variable, as far as the next label."""
    lines = text.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(f"  {variable} = phi"))
    end = next(n for n in range(start, len(lines)) if lines[n].endswith(":"))
    return lines[start:end]


def test_what_an_outer_loop_changes_is_computed_in_it() -> None:
    text = emit(contraction(), target=Target.host())
    outer, inner = re.findall(r"(%i\d+) = phi", text)
    assert any(f"mul nsw i64 {outer}, {ROWS * 16}" in line for line in body_of(text, outer))
    assert not any(outer in line for line in body_of(text, inner))


def test_such_code_runs() -> None:
    sizes = [4 * ROWS * 16, 16 * 8, 4 * ROWS * 8]
    check(contraction(), [samples("float32", n, low=-1, high=1) for n in sizes], rtol=1e-5)


def test_others_are_as_they_were_written() -> None:
    y = buffer("y", [4, 8])
    nest = function([y], loop("i", 4, lambda i: write(y, i, LANES, b.broadcast(const(1.0), 8))))
    text = emit(nest, target=Target.host())
    assert LAID_OUT not in text
    assert "asm" not in text
    assert LAID_OUT in emit(contraction(), target=Target.host())


def test_lanes_that_a_mask_excludes_are_loaded_once_for_all_uses() -> None:
    x, y = buffer("x", [5]), buffer("y", [3, 8])

    def row(r):
        inside = b.lt(LANES, b.broadcast(const(5), 8))
        return write(y, r, LANES, b.select(inside, read(x, LANES), b.broadcast(const(2.0), 8)))

    nest = function([x, y], unrolled("r", 3, row))
    assert emit(nest, target=Target.host()).count("call <8 x float> @llvm.masked.load") == 1
    check(nest, [samples("float32", 5), np.zeros(24, np.float32)])
