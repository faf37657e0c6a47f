"""Partition of a tile loop that was itself split: each condition keeps its own multiples."""

from __future__ import annotations

import numpy as np
import pytest

from autosched import te
from autosched.ir.build import const, load
from autosched.ir.interpreter import interpret
from autosched.ir.pragma import Partitioned
from autosched.ir.stmt import For, Function, If, LoopKind, block
from autosched.lowering.lower import lower
from autosched.passes.partition import partition
from autosched.passes.pipeline import run
from autosched.passes.tighten import tighten
from autosched.schedule import Schedule
from autosched.target.target import Target
from tests.ir.nests import buffer, loop, store, var
from tests.lowering.nests import agrees
from tests.passes.nests import V4, golden
from tests.schedule.nests import chain, copy


def test_the_tile_left_over_ends_where_the_tensor_does() -> None:
    B = copy(5)
    s = te.create_schedule(B)
    outer, _ = s[B].split(B.op.axis[0], factor=2)
    s[B].split(outer, factor=2, tail="partition")
    function = run(lower(s, [s.tensors[0], B]), Target.host(), check=True)
    values, result = np.arange(5, dtype="float32"), np.zeros(5, "float32")
    interpret(function, [values, result])
    np.testing.assert_array_equal(result, values * 2)


def blocks_of_tiles(n: int) -> Schedule:
    """A copy of `n` points in blocks of 8, written out in tiles of 4 from a buffer of the block."""
    C = chain(n)
    s = te.create_schedule(C)
    B = s[s.tensors[1]]
    block, within = s[C].split(C.op.axis[0], 8, tail="partition")
    s[C].unroll(s[C].split(within, 4, tail="partition")[1])
    B.compute_at(s[C], block)
    B.unroll(B.split(B.op.axis[0], 4, tail="partition")[1])
    return s


def test_the_last_block_has_no_empty_tiles() -> None:
    """Of 18 points the last block has 2: its first tile is partial, the second one has none."""
    golden(
        blocks_of_tiles(18),
        "unswitch",
        """
        for i.outer in 0..3:
            alloc B: float32[8]
            for i.outer_1 in 0..min(2, -1 - (i.outer*2 - 5) + 1):
                if i.outer*2 + i.outer_1 < 4:
                    unrolled i.inner in 0..4:
                        B[i.outer_1*4 + i.inner] = A[i.outer*8 + i.outer_1*4 + i.inner] + 1.0
                else:
                    unrolled i.inner in 0..2:
                        B[i.outer_1*4 + i.inner] = A[i.outer*8 + i.outer_1*4 + i.inner] + 1.0
            for i.inner.outer in 0..min(2, -1 - (i.outer*2 - 5) + 1):
                if i.outer*2 + i.inner.outer < 4:
                    unrolled i.inner.inner in 0..4:
                        C[i.outer*8 + i.inner.outer*4 + i.inner.inner] = B[i.inner.outer*4 + i.inner.inner] * 2.0
                else:
                    unrolled i.inner.inner in 0..2:
                        C[i.outer*8 + i.inner.outer*4 + i.inner.inner] = B[i.inner.outer*4 + i.inner.inner] * 2.0
        """,
    )


@pytest.mark.parametrize("n", [1, 3, 4, 7, 8, 13, 16, 17, 18, 21, 31])
def test_tails_of_tails_have_all_points(n: int) -> None:
    agrees(blocks_of_tiles(n))


def test_an_empty_tile_with_something_else_to_do_stays() -> None:
    """The sum is also of the points that are left out."""
    A, C, S = buffer("A", 18), buffer("C", 18), buffer("S", 1)
    outer, tile, i = var("outer"), var("tile"), var("i")
    at = outer * 8 + tile * 4 + i
    both = block(If(at < 18, store(C, [at], load(A, (at,)))), store(S, [0], load(S, (0,)) + 1.0))
    tiles = loop(tile, 2, loop(i, 4, both, kind="unrolled"))
    marked = For(tile, const(0), const(2), tiles.kind, tiles.body, (Partitioned(),))
    nest = Function("main", (A, C, S), (C, S), (), loop(outer, 3, marked))
    values, result, count = np.arange(18, dtype="float32"), np.zeros(18, "f4"), np.zeros(1, "f4")
    interpret(partition(nest, V4), [values, result, count])
    np.testing.assert_array_equal(result, values)
    assert count == 24


def bounded(kind: str) -> list[str]:
    """The conditions of a block of columns whose rows are copied after a tile is written out."""
    A, B, C = buffer("A", 7, 4), buffer("B", 7, 4), buffer("C", 7)
    column, z, y, i = var("column"), var("z"), var("y"), var("i")
    at = column * 4 + z
    rows = loop(i, 4, store(B, [at, i], load(A, (at, i))), kind=kind)
    other = If(column * 4 + y < 7, store(C, [column * 4 + y], const(0.0)))
    body = block(loop(z, 4, If(at < 7, rows)), loop(y, 4, other, kind="unrolled"))
    marked = For(column, const(0), const(2), LoopKind.SERIAL, body, (Partitioned(),))
    text = str(tighten(partition(Function("main", (A, B, C), (B, C), (), marked), V4), V4).body)
    return [line.strip() for line in text.splitlines() if "z in" in line or "if" in line]


def test_bounds_of_loops_around_long_code_need_no_copies() -> None:
    """Only the tile has a copy: a vector of the rows is the same code in both."""
    (rows, condition) = bounded("vectorized")
    assert rows.startswith("for z in 0..min(4, ")
    assert condition == "if column < 1:"


def test_loops_of_scalars_have_constant_bounds_in_full_blocks() -> None:
    assert bounded("for")[:2] == ["if column < 1:", "for z in 0..4:"]
