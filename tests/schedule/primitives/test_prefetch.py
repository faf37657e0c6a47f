"""prefetch: reads of a loop some steps ahead."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.building import lower_program
from autosched.codegen.llvm.emit import emit
from autosched.ir.pragma import Ahead, Prefetched, find
from autosched.ir.stmt import For
from autosched.ir.traverse import iter_stmts
from autosched.lowering.lower import lower
from autosched.schedule import create_schedule
from autosched.target.target import Target
from tests.schedule.nests import golden, matmul, refuses


def prefetched(steps: int):
    s = create_schedule(C := matmul())
    i, j = C.op.axis
    s[C].reorder(i, C.op.reduce_axis[0], j)
    s[C].prefetch(s[C].inputs[1], C.op.reduce_axis[0], steps)
    return s, C


def text(steps: int) -> str:
    s, C = prefetched(steps)
    return emit(lower_program(s, [*s[C].inputs, C], Target.host()).main, target=Target.host())


def test_the_loop_says_so() -> None:
    s, _ = prefetched(3)
    golden(
        s,
        """
        for i in 0..4:
            for k in 0..8 [prefetch=(('B', 3),)]:
                for j in 0..6:
                    C[i, j] += A[i, k] * B[k, j]
        """,
    )


def test_the_code_fetches_so_many_rows_ahead() -> None:
    assert "@llvm.prefetch" in text(3)
    assert "i64 18\n" in text(3)  # rows of six elements
    assert "@llvm.prefetch" not in text(0)


def test_the_numbers_stay() -> None:
    s, C = prefetched(100)
    A, B = s[C].inputs
    kernel = autosched.build(s, [A, B, C])
    a = np.arange(32, dtype=np.float32).reshape(4, 8)
    b = np.arange(48, dtype=np.float32).reshape(8, 6)
    c = np.zeros((4, 6), np.float32)
    kernel(a, b, c)
    np.testing.assert_array_equal(c, a @ b)


def test_several_tensors_in_one_loop() -> None:
    s, C = prefetched(3)
    s[C].prefetch(s[C].inputs[0], C.op.reduce_axis[0], 5)
    assert "[prefetch=(('B', 3), ('A', 5))]" in str(s)


def test_what_an_inlined_stage_reads_is_read_by_its_reader() -> None:
    A = te.placeholder((8, 16), name="A")
    B = te.compute(A.shape, lambda i, j: A[i, j] * 2.0, name="B")
    C = te.compute(A.shape, lambda i, j: B[i, j] + 1.0, name="C")
    s = create_schedule(C)
    refuses(s, lambda: s[C].prefetch(A, C.op.axis[0], 2), "a tensor that C reads", "B")
    s[B].compute_inline()
    s[C].prefetch(A, C.op.axis[0], 2)
    code = emit(lower_program(s, [A, C], Target.host()).main, target=Target.host())
    assert code.count("call void @llvm.prefetch") == 1


def by_panels(tiles: int, columns: int = 16):
    """B is copied into panels of some columns, and each panel serves all tiles of the rows."""
    C = matmul(4 * tiles, 4 * columns, 32)
    s = create_schedule(C)
    A, B = s[C].inputs
    copy = s.cache_read(B, "global", [C], layout=[[1, columns], 0, 1])
    local = s.cache_write(C, "local")
    (rows, panels), k = s[C].op.axis, s[local].op.reduce_axis[0]
    panels, lanes = s[C].split(panels, columns)
    rows, points = s[C].split(rows, 4)
    s[C].reorder(panels, rows, points, lanes)
    s[local].compute_at(s[C], rows)
    i, j = s[local].op.axis
    s[local].reorder(k, i, j)
    vectors, j = s[local].split(j, 16)
    s[local].unroll(i)
    s[local].unroll(vectors)
    s[local].vectorize(j)
    s[C].prefetch(copy, panels, 1)
    return s, [A, B, C]


@pytest.mark.parametrize("tiles", [4, 7])
def test_the_loops_inside_share_the_fetches_of_a_panel_that_they_read_again(tiles: int) -> None:
    s, arguments = by_panels(tiles)
    code = emit(lower_program(s, arguments, Target.host()).main, target=Target.host())
    share = -(-16 * 32 // (32 * tiles))
    assert code.count("call void @llvm.prefetch") == 1
    assert re.search(rf"mul nsw i64 %i\d+, {share}\n", code)  # a step of the sum
    assert re.search(rf"mul nsw i64 %i\d+, {share * 32}\n", code)  # a tile


def test_long_panels_take_several_lines_a_step() -> None:
    s, arguments = by_panels(2, columns=256)
    code = emit(lower_program(s, arguments, Target.host()).main, target=Target.host())
    line = Target.host().cache_line_bytes // 4
    assert code.count("call void @llvm.prefetch") == 256 * 32 // (2 * 32 * line)


def test_a_panel_that_is_read_once_is_not_fetched_evenly() -> None:
    s, arguments = by_panels(1)
    code = emit(lower_program(s, arguments, Target.host()).main, target=Target.host())
    assert "@llvm.prefetch" not in code


def in_columns(points: int = 14, stride: int = 1):
    """A tile of some points reads a column of B for each of them; the next tile is prefetched."""
    A = te.placeholder((32, 16), name="A")
    B = te.placeholder((32, 4 * points * stride), name="B")
    k = te.reduce_axis((0, 32), name="k")
    C = te.compute(
        (16, 4 * points), lambda i, j: te.sum(A[k, i] * B[k, j * stride], axis=k), name="C"
    )
    s = create_schedule(C)
    local = s.cache_write(C, "local")
    i, j = s[C].op.axis
    tiles, j = s[C].split(j, points)
    s[C].reorder(tiles, j, i)
    s[local].compute_at(s[C], tiles)
    i, j = s[local].op.axis
    s[local].reorder(s[local].op.reduce_axis[0], j, i)
    s[local].unroll(j)
    s[local].vectorize(i)
    s[C].prefetch(B, tiles, 1)
    return s, [A, B, C]


@pytest.mark.parametrize(
    ("points", "stride", "lines"), [(14, 1, 1), (16, 1, 1), (17, 1, 2), (14, 2, 2)]
)
def test_columns_are_fetched_by_the_steps_that_read_them_in_the_tile_before(
    points: int, stride: int, lines: int
) -> None:
    s, arguments = in_columns(points, stride)
    target = replace(Target.host(), triple="x86_64-unknown-linux-gnu")
    code = emit(lower_program(s, arguments, target).main, target=target)
    assert code.count("call void @llvm.prefetch") == lines
    assert re.search(rf"i64 {(2 * points - 1) * stride}\n.*@llvm.prefetch", code)


def test_columns_fetched_ahead_leave_the_numbers() -> None:
    s, arguments = in_columns()
    kernel = autosched.build(s, arguments)
    a, b = np.ones((32, 16), np.float32), np.arange(32 * 56, dtype=np.float32).reshape(32, 56)
    c = np.zeros((16, 56), np.float32)
    kernel(a, b, c)
    np.testing.assert_array_equal(c, a.T @ b)


def test_panels_fetched_ahead_leave_the_numbers() -> None:
    s, arguments = by_panels(7)
    kernel = autosched.build(s, arguments)
    a, b = np.ones((28, 32), np.float32), np.arange(2048, dtype=np.float32).reshape(32, 64)
    c = np.zeros((28, 64), np.float32)
    kernel(a, b, c)
    np.testing.assert_array_equal(c, a @ b)


def test_a_tensor_it_does_not_read() -> None:
    s, C = prefetched(1)
    refuses(s, lambda: s[C].prefetch(C, C.op.axis[0], 1), "a tensor that C reads", "A, B")


def test_arguments_that_make_no_sense() -> None:
    s, C = prefetched(1)
    i, b = C.op.axis[0], s[C].inputs[1]
    refuses(s, lambda: s[C].prefetch(b, i, -1), "not negative as 'offset'")
    refuses(s, lambda: s[C].prefetch(b, i, "2"), "not negative as 'offset'")
    refuses(s, lambda: s[C].prefetch(b.op, "x", 1), "expected an axis of stage C")


def test_a_copy_whose_name_has_a_dot_is_fetched() -> None:
    C = matmul()
    s = create_schedule(C)
    copy = s.cache_read(s[C].inputs[1], "global", [C])
    i, j = C.op.axis
    k = s[C].op.reduce_axis[0]
    s[C].reorder(i, k, j)
    s[C].prefetch(copy, k, 3)
    assert "." in copy.name
    main = lower_program(s, [*s[C].inputs[:1], s[copy].inputs[0], C], Target.host()).main
    assert "@llvm.prefetch" in emit(main, target=Target.host())


def test_only_the_tensor_that_was_asked_for_is_fetched() -> None:
    A, B = (te.placeholder((8, 16), name="A") for _ in range(2))
    k = te.reduce_axis((0, 8), name="k")
    C = te.compute((16,), lambda j: te.sum(A[k, j] * B[k, j], axis=k), name="C")
    s = create_schedule(C)
    s[C].reorder(k, C.op.axis[0])
    s[C].prefetch(B, k, 3)
    nest = lower(s, [A, B, C])
    loops = [each for each in iter_stmts(nest.body) if isinstance(each, For)]
    asked = [found.value for each in loops if (found := find(each.pragmas, Prefetched))]
    assert asked == [(Ahead(nest.params[1], 3),)]


def test_a_pragma_is_no_way_to_prefetch() -> None:
    s, C = prefetched(1)
    refuses(s, lambda: s[C].pragma(C.op.axis[0], "prefetch", 3), "another key than prefetch")
