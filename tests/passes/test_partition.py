"""Full tiles without conditions, and the tile that is left over with extents of its own."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.codegen.llvm.emit import emit
from autosched.ir.build import and_, cast, const, load, select
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Expr
from autosched.ir.pragma import Partitioned
from autosched.ir.stmt import Allocate, For, Function, If, LoopKind, Stmt, block
from autosched.passes.partition import partition
from autosched.schedule import Schedule
from tests.ir.nests import buffer, loop, store, var
from tests.lowering.nests import agrees
from tests.passes.nests import V4, after, golden
from tests.schedule.nests import chain, copy, matmul


def tiled_copy(n, factor: int = 4) -> Schedule:
    B = copy(n)
    s = te.create_schedule(B)
    s[B].split(B.op.axis[0], factor, tail="partition")
    return s


def test_the_tile_left_over_is_a_copy_of_its_own() -> None:
    s = tiled_copy(10)
    golden(
        s,
        "simplify_parts",
        """
        for i.outer in 0..3:
            if i.outer < 2:
                for i.inner in 0..4:
                    B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
            else:
                for i.inner in 0..4:
                    if i.inner < 2:
                        B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )
    golden(
        s,
        "tighten",
        """
        for i.outer in 0..3:
            if i.outer < 2:
                for i.inner in 0..4:
                    B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
            else:
                for i.inner in 0..2:
                    B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )
    agrees(s)


def test_even_tiles_are_left_as_they_are() -> None:
    golden(
        tiled_copy(8),
        "simplify_parts",
        """
        for i.outer in 0..2:
            for i.inner in 0..4:
                B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )


def test_a_symbolic_extent_has_full_tiles_too() -> None:
    n = te.var("n")
    s = tiled_copy(n)
    golden(
        s,
        "tighten",
        """
        for i.outer in 0..(n + 3)//4:
            if i.outer*4 < n - 3:
                for i.inner in 0..4:
                    B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
            else:
                for i.inner in 0..min(4, -1 - (i.outer*4 - n) + 1):
                    B[i.outer*4 + i.inner] = A[i.outer*4 + i.inner] * 2.0
        """,
    )
    for size in (1, 4, 9):
        agrees(s, {n: size})


def test_the_tiles_of_a_block_end_at_a_symbolic_end() -> None:
    """The last block has any number of empty tiles."""
    n = te.var("n")
    B = copy(n)
    s = te.create_schedule(B)
    _, within = s[B].split(B.op.axis[0], 32)
    s[B].split(within, 4, tail="partition")
    golden(
        s,
        "tighten",
        """
        for i.outer in 0..(n + 31)//32:
            for i.inner.outer in 0..min(8, (-1 - (i.outer*32 - n))//4 + 1):
                if i.outer*32 + i.inner.outer*4 < n - 3:
                    for i.inner.inner in 0..4:
                        B[i.outer*32 + i.inner.outer*4 + i.inner.inner] = A[i.outer*32 + i.inner.outer*4 + i.inner.inner] * 2.0
                else:
                    for i.inner.inner in 0..min(4, -1 - (i.outer*32 + i.inner.outer*4 - n) + 1):
                        B[i.outer*32 + i.inner.outer*4 + i.inner.inner] = A[i.outer*32 + i.inner.outer*4 + i.inner.inner] * 2.0
        """,
    )
    for size in (1, 3, 4, 17, 31, 32, 45, 64):
        agrees(s, {n: size})


def test_two_dimensions_part_into_four() -> None:
    C = matmul(5, 6, 2)
    s = te.create_schedule(C)
    s[C].tile(*C.op.axis, 4, 4, tail="partition")
    golden(
        s,
        "tighten",
        """
        for i.outer in 0..2:
            if i.outer < 1:
                for j.outer in 0..2:
                    if j.outer < 1:
                        for i.inner in 0..4:
                            for j.inner in 0..4:
                                C[i.outer*4 + i.inner, j.outer*4 + j.inner] = 0.0
                                for k in 0..2:
                                    C[i.outer*4 + i.inner, j.outer*4 + j.inner] = C[i.outer*4 + i.inner, j.outer*4 + j.inner] + A[i.outer*4 + i.inner, k] * B[k, j.outer*4 + j.inner]
                    else:
                        for i.inner in 0..4:
                            for j.inner in 0..2:
                                C[i.outer*4 + i.inner, j.outer*4 + j.inner] = 0.0
                                for k in 0..2:
                                    C[i.outer*4 + i.inner, j.outer*4 + j.inner] = C[i.outer*4 + i.inner, j.outer*4 + j.inner] + A[i.outer*4 + i.inner, k] * B[k, j.outer*4 + j.inner]
            else:
                for j.outer in 0..2:
                    if j.outer < 1:
                        for i.inner in 0..1:
                            for j.inner in 0..4:
                                C[i.outer*4 + i.inner, j.outer*4 + j.inner] = 0.0
                                for k in 0..2:
                                    C[i.outer*4 + i.inner, j.outer*4 + j.inner] = C[i.outer*4 + i.inner, j.outer*4 + j.inner] + A[i.outer*4 + i.inner, k] * B[k, j.outer*4 + j.inner]
                    else:
                        for i.inner in 0..1:
                            for j.inner in 0..2:
                                C[i.outer*4 + i.inner, j.outer*4 + j.inner] = 0.0
                                for k in 0..2:
                                    C[i.outer*4 + i.inner, j.outer*4 + j.inner] = C[i.outer*4 + i.inner, j.outer*4 + j.inner] + A[i.outer*4 + i.inner, k] * B[k, j.outer*4 + j.inner]
        """,
    )
    agrees(s)


def test_what_is_attached_is_parted_with_its_tile() -> None:
    C = chain(10)
    s = te.create_schedule(C)
    outer, _ = s[C].split(C.op.axis[0], 4, tail="partition")
    s[s.tensors[1]].compute_at(s[C], outer)
    golden(
        s,
        "tighten",
        """
        for i.outer in 0..3:
            if i.outer < 2:
                alloc B: float32[4]
                for i in 0..4:
                    B[i] = A[i.outer*4 + i] + 1.0
                for i.inner in 0..4:
                    C[i.outer*4 + i.inner] = B[i.inner] * 2.0
            else:
                alloc B: float32[4]
                for i in 0..2:
                    B[i] = A[i.outer*4 + i] + 1.0
                for i.inner in 0..2:
                    C[i.outer*4 + i.inner] = B[i.inner] * 2.0
        """,
    )
    agrees(s)


@pytest.mark.parametrize("columns", [2, 3, 6, 7])
def test_a_tile_with_shorter_vectors_is_in_registers_too(columns: int) -> None:
    C = matmul(3, columns, 5)
    s = te.create_schedule(C)
    tile = s.cache_write(C, "local")
    y, x = C.op.axis
    outer, inner = s[C].split(x, 4, tail="partition")
    s[C].reorder(outer, y, inner)
    s[C].vectorize(inner)
    s[tile].compute_at(s[C], y)
    s[tile].reorder(*s[tile].op.reduce_axis, s[tile].op.axis[1])
    s[tile].vectorize(s[tile].op.axis[1])
    assert "alloca " not in emit(after(s, "unroll"), target=V4)
    agrees(s)


def window(kind: str) -> list[str]:
    """The nest of a window over 8 rows after the pass; its 3 taps are a loop of this kind."""
    A, C = buffer("A", 8), buffer("C", 8)
    y, r = var("y"), var("r")
    inside = and_(const(1) <= y + r, y + r < 9)
    taps = loop(r, 3, store(C, [y], select(inside, load(A, (y + r - 1,)), 0.0)), kind=kind)
    rows = loop(y, 8, taps)
    marked = For(rows.var, rows.start, rows.extent, rows.kind, rows.body, (Partitioned(),))
    parted = partition(Function("main", (A, C), (C,), (), marked), V4)
    return [line for line in str(parted.body).splitlines() if "if " in line or "else" in line]


def test_rows_at_both_ends_of_an_image_share_a_copy() -> None:
    assert window("for") == ["    if 1 <= y and y < 7:", "    else:"]


def test_points_that_are_written_out_share_a_copy() -> None:
    assert window("unrolled") == window("for")


def test_ends_of_lanes_have_copies_of_their_own() -> None:
    assert window("vectorized")[:2] == ["    if 1 <= y:", "        if y < 7:"]


def rows_of_a_tile(tail: bool) -> list[str]:
    """The nest of a sum in a buffer of its own for each row, of which the first is padding.

    With `tail`, the statements of the tile stop at the last column.
    """
    A, C, T = buffer("A", 10), buffer("C", 8, 7), buffer("T", 4)
    y, r, column = var("y"), var("r"), var("column")

    def points(make) -> Stmt:
        z = var("z")
        stmt = make(z)
        return loop(z, 4, If(column * 4 + z < 7, stmt) if tail else stmt)

    chosen = select(const(1) <= y + r, load(A, (y + r - 1,)), 0.0)
    tile = block(
        points(lambda z: store(T, [z], const(0.0))),
        loop(r, 3, points(lambda z: store(T, [z], load(T, (z,)) + chosen))),
        points(lambda z: store(C, [y, column * 4 + z], load(T, (z,)))),
    )
    columns = loop(column, 2, Allocate(T, tile))
    marked = For(column, const(0), const(2), columns.kind, columns.body, (Partitioned(),))
    rows = For(y, const(0), const(8), columns.kind, marked, (Partitioned(),))
    parted = partition(Function("main", (A, C), (C,), (), rows), V4)
    return [line.strip() for line in str(parted.body).splitlines()]


def test_copies_for_padding_share_what_is_around_the_sum() -> None:
    lines = rows_of_a_tile(tail=False)
    assert lines.count("if 1 <= y:") == 1
    assert lines.count("T[z] = 0.0") == 1
    assert sum(line.startswith("C[") for line in lines) == 1
    assert sum("T[z] + " in line for line in lines) == 2
    assert sum(line.startswith("alloc T") for line in lines) == 1


def test_the_tile_at_an_end_is_a_copy_of_its_own() -> None:
    lines = rows_of_a_tile(tail=True)
    assert lines.count("if column < 1:") == 1
    assert lines.count("T[z] = 0.0") == 2
    assert lines.count("if 1 <= y:") == 2
    assert sum(line.startswith("alloc T") for line in lines) == 2


def test_conditions_on_what_the_tile_computes_stay() -> None:
    """The first statement of a tile writes a value that two others have conditions on."""
    A, C, T = buffer("A", 8, 7), buffer("C", 8, 7), buffer("T", 1, kind="int32")
    X = buffer("X", 8, kind="int32")
    y = var("y")

    def row(z: Expr) -> Stmt:
        inside = cast(load(T, (const(0),)), INDEX) + y + z < 9
        return loop(z, 7, store(C, [y, z], load(C, (y, z)) + select(inside, load(A, (y, z)), 0.0)))

    def nest(source: Buffer) -> str:
        first = store(source, [const(0)], load(X, (y,)))
        tile = block(first, row(var("z")), row(var("w")))
        rows = For(y, const(0), const(8), LoopKind.SERIAL, tile, (Partitioned(),))
        return str(partition(Function("main", (X, A, T, C), (T, C), (), rows), V4).body)

    assert "if " not in nest(T)
    assert "if int64(T[0]) + y < 3:" in nest(buffer("U", 1, kind="int32"))


def test_conditions_on_elements_that_may_not_be_there_stay() -> None:
    """Another condition says for which rows there is a limit: it holds for the first `rows`."""

    def nest(rows: int) -> str:
        A, C, X = buffer("A", 8, 7), buffer("C", 8, 7), buffer("X", rows, kind="int32")
        y, z = var("y"), var("z")
        limited = select(cast(load(X, (y,)), INDEX) + z < 9, load(A, (y, z)), 0.0)
        tile = loop(z, 7, store(C, [y, z], select(y < rows, limited, 0.0)))
        every = For(y, const(0), const(8), LoopKind.SERIAL, tile, (Partitioned(),))
        return str(partition(Function("main", (X, A, C), (C,), (), every), V4).body)

    assert "if int64(X[y]) < 3:" in nest(8)
    assert "if " not in nest(7)
