"""Indices from data: where they are checked, what a call says, and that the loops stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule, lower_program
from autosched.errors import ArgumentError, ExpressionError
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.schedule import Schedule
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from tests.lowering.nests import golden

HOST = Target.host()
RNG = np.random.default_rng(3)
ROWS = 9

Args = Sequence[Any]


def embedding(rows: int = ROWS, dtype: str = "int32", n: Any = 6) -> list[te.Tensor]:
    W = te.placeholder((rows, 5), name="W")
    idx = te.placeholder((n,), dtype, name="idx")
    return [W, idx, te.compute((n, 5), lambda i, j: W[idx[i], j], name="C")]


def table(rows: int = ROWS) -> np.ndarray:
    return RNG.standard_normal((rows, 5)).astype("float32")


def refused(kernel: Callable[..., object], *arrays: np.ndarray) -> str:
    with pytest.raises(ArgumentError) as caught:
        kernel(*arrays)
    return caught.value.message


def test_the_indices_are_looked_at_before_the_nest_that_reads_at_them() -> None:
    args = embedding()
    s = te.create_schedule(args[-1])
    text = """
        def main(W: float32[9, 5], idx: int32[6], C: float32[6, 5] out, faults: int64[1] out):
            faults[0] = 0
            alloc least: int32[1] local:
                alloc most: int32[1] local
                least[0] = 0
                most[0] = 0
                for i in 0..6:
                    least[0] = min(least[0], idx[i])
                    most[0] = max(most[0], idx[i])
                if int64(least[0]) < 0:
                    faults[0] = int64(least[0])
                if 9 <= int64(most[0]):
                    faults[0] = int64(most[0])
            if faults[0] == 0:
                for i in 0..6:
                    for j in 0..5:
                        C[i, j] = W[int64(idx[i]), j]
        """
    golden(s, text, args, bounds="check")


def test_without_checks_there_is_the_nest_alone() -> None:
    args = embedding()
    text = """
        def main(W: float32[9, 5], idx: int32[6], C: float32[6, 5] out):
            for i in 0..6:
                for j in 0..5:
                    C[i, j] = W[{}, j]
        """
    index = "int64(idx[i])"
    s = te.create_schedule(args[-1])
    golden(s, text.format(index), args, bounds="trust")
    golden(s, text.format(f"max(0, min({index}, 8))"), args, bounds="clamp")


@pytest.mark.parametrize("dtype", ["int8", "int32", "int64", "uint8", "uint32", "uint64"])
@pytest.mark.parametrize("fast", [True, False])
def test_a_call_names_the_tensor_the_index_and_the_extent(dtype: str, fast: bool) -> None:
    args = embedding(dtype=dtype, n=te.var("n"))
    kernel = build_schedule(te.create_schedule(args[-1]), args, HOST)
    w, idx = table(), np.array([8, 0, 3], dtype)
    c = np.empty((3, 5), "float32")
    kernel(w, idx, c)
    np.testing.assert_array_equal(c, w[idx])
    limits = np.iinfo(dtype)
    for wrong in {9, limits.max, limits.min} - {0}:
        idx[1] = wrong
        message = refused(kernel, w, idx, *([c] if fast else []))
        named = np.array(wrong, dtype).astype("int64")
        assert message == (
            f"expected indices from 0 to below 9 in dimension 0 of W in main, got {named}"
        )


def test_the_extent_may_be_a_size() -> None:
    args = embedding(rows=te.var("rows"))
    kernel = build_schedule(te.create_schedule(args[-1]), args, HOST)
    idx = np.array([6] * 6, "int32")
    w = table(7)
    np.testing.assert_array_equal(kernel(w, idx), w[idx])
    assert "from 0 to below 6" in refused(kernel, table(6), idx)


def test_clamped_is_the_nearest_element() -> None:
    args = embedding()
    kernel = build_schedule(te.create_schedule(args[-1]), args, HOST, bounds="clamp")
    w, idx = table(), np.array([-1, 9, 100, -(2**31), 8, 0], "int32")
    got = kernel(w, idx)
    np.testing.assert_array_equal(got, w[np.clip(idx, 0, 8)])
    given = dict(zip(args, (w, idx), strict=False))
    np.testing.assert_array_equal(got, evaluate(args[-1:], given, bounds="clamp")[0])


def proved() -> dict[str, Callable[[te.Tensor, Any], Any]]:
    return {
        "by both conditions": lambda W, x: te.if_then_else(te.all(x >= 0, x < ROWS), W[x], 0.0),
        "by the opposite": lambda W, x: te.if_then_else(te.any(x < 0, x > 8), 0.0, W[x]),
        "by nested choices": lambda W, x: te.if_then_else(
            x < 0, 0.0, te.if_then_else(x >= ROWS, 0.0, W[x])
        ),
        "by a remainder": lambda W, x: W[x % ROWS],
        "by a mask": lambda W, x: W[x & 7],
        "by limits": lambda W, x: W[te.max(te.min(x * 3 + 1, 8), 0)],
        "by a narrow dtype": lambda W, x: W[x.astype("bool").astype("int32") * 8],
    }


@pytest.mark.parametrize("way", proved())
@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_what_is_proved_costs_nothing(way: str, dtype: str) -> None:
    W = te.placeholder((ROWS,), name="W")
    idx = te.placeholder((6,), dtype, name="idx")
    C = te.compute((6,), lambda i: proved()[way](W, idx[i]), name="C")
    s = te.create_schedule(C)
    assert str(lower(s, [W, idx, C], bounds="check")) == str(lower(s, [W, idx, C]))


UNPROVED: dict[str, Callable[[te.Tensor, Any], Any]] = {
    "one side": lambda W, x: te.if_then_else(x >= 0, W[x], 0.0),
    "the condition is of another index": lambda W, x: te.if_then_else(
        te.all(x >= 0, x < ROWS), W[x + 1], 0.0
    ),
    "the other branch reads it too": lambda W, x: te.if_then_else(
        te.all(x >= 0, x < ROWS), W[x], W[x]
    ),
    "it may wrap": lambda W, x: te.if_then_else(te.all(x * 2 >= 0, x * 2 < ROWS), W[x], 0.0),
}


@pytest.mark.parametrize("way", UNPROVED)
def test_what_is_not_proved_is_checked(way: str) -> None:
    W = te.placeholder((ROWS,), name="W")
    idx = te.placeholder((6,), "int32", name="idx")
    C = te.compute((6,), lambda i: UNPROVED[way](W, idx[i]), name="C")
    program = lower_program(te.create_schedule(C), [W, idx, C], HOST)
    assert [check.tensor for check in program.signature.checks] == ["W"]


def test_an_index_that_is_not_read_is_not_refused() -> None:
    W = te.placeholder((ROWS,), name="W")
    idx = te.placeholder((6,), "int32", name="idx")
    C = te.compute((6,), lambda i: te.if_then_else(idx[i] >= 0, W[idx[i]], -1.0), name="C")
    kernel = build_schedule(te.create_schedule(C), [W, idx, C], HOST)
    w = RNG.standard_normal(ROWS).astype("float32")
    idx_array = np.array([3, -1, -7, 8, 0, -1], "int32")
    np.testing.assert_array_equal(kernel(w, idx_array), np.where(idx_array < 0, -1, w[idx_array]))
    idx_array[2] = 9
    assert "got 9" in refused(kernel, w, idx_array)


def test_a_masked_sum_checks_what_it_adds() -> None:
    A = te.placeholder((ROWS,), name="A")
    idx = te.placeholder((4, 6), "int64", name="idx")
    count = te.placeholder((4,), "int32", name="count")
    k = te.reduce_axis((0, 6), name="k")
    C = te.compute(
        (4,), lambda i: te.sum(A[idx[i, k]], axis=k, where=k < count[i].astype("int64")), name="C"
    )
    args = [A, idx, count, C]
    kernel = build_schedule(te.create_schedule(C), args, HOST)
    a = RNG.integers(-3, 4, ROWS).astype("float32")
    idx_array = RNG.integers(0, ROWS, (4, 6))
    counts = np.array([6, 0, 3, 5], "int32")
    idx_array[1] = 99
    idx_array[2, 3:] = -5
    wanted = [a[row[:n]].sum() for row, n in zip(idx_array, counts, strict=True)]
    np.testing.assert_array_equal(kernel(a, idx_array, counts), np.array(wanted, "float32"))
    counts[2] = 4
    assert "of A in main, got -5" in refused(kernel, a, idx_array, counts)


def test_an_index_of_an_index_is_checked_first() -> None:
    A = te.placeholder((5,), name="A")
    inner = te.placeholder((4,), "int32", name="inner")
    outer = te.placeholder((6,), "int32", name="outer")
    C = te.compute((6,), lambda i: A[inner[outer[i]]], name="C")
    kernel = build_schedule(te.create_schedule(C), [A, inner, outer, C], HOST)
    a = np.arange(5, dtype="float32")
    ok, low = np.array([4, 0, 2, 1], "int32"), np.array([0, 1, 2, 3, 3, 0], "int32")
    np.testing.assert_array_equal(kernel(a, ok, low), a[ok[low]])
    far = np.array([0, 1, 2, 1 << 30, 3, 0], "int32")
    assert f"of inner in main, got {1 << 30}" in refused(kernel, a, ok, far)
    assert "of A in main, got 5" in refused(kernel, a, np.array([4, 0, 5, 1], "int32"), low)


def rows_of_the_greatest(extent: int = 7) -> tuple[list[te.Tensor], te.Tensor]:
    """Rows of W by where each row of A is greatest."""
    A = te.placeholder((20, 9), name="A")
    W = te.placeholder((extent, 33), name="W")
    k = te.reduce_axis((0, 9), name="k")
    argmax = te.comm_reducer(
        lambda x, y: (te.if_then_else(x[1] >= y[1], x[0], y[0]), te.maximum(x[1], y[1])),
        lambda index, value: (te.const(0, index), te.min_value(value)),
    )
    where, _ = te.compute((20,), lambda i: argmax((k, A[i, k]), axis=k), name="where")
    C = te.compute((20, 33), lambda i, j: W[where[i], j], name="C")
    return [A, W, C], where


def at_the_row(s: Schedule, C: te.Tensor, where: te.Tensor) -> None:
    s[where].compute_at(s[C], C.op.axis[0])


def in_parallel_tiles(s: Schedule, C: te.Tensor, where: te.Tensor) -> None:
    outer, _ = s[C].split(C.op.axis[0], 6)
    s[where].compute_at(s[C], outer)
    s[C].parallel(outer)
    s[C].vectorize(C.op.axis[1])


def in_fused_tiles(s: Schedule, C: te.Tensor, where: te.Tensor) -> None:
    outer, inner = s[C].split(s[C].fuse(*C.op.axis), 50)
    s[where].compute_at(s[C], outer)
    s[C].vectorize(inner)


def at_the_root(s: Schedule, C: te.Tensor, where: te.Tensor) -> None:
    s[C].vectorize(s[C].split(C.op.axis[1], 16, tail="shift")[1])


@pytest.mark.parametrize("way", [at_the_row, in_parallel_tiles, in_fused_tiles, at_the_root])
def test_an_index_computed_inside_of_the_loops(way: Callable[..., None]) -> None:
    args, where = rows_of_the_greatest()
    s = te.create_schedule(args[-1])
    way(s, args[-1], where)
    pipeline.run(lower(s, args, bounds="check"), HOST, check=True)
    kernel = build_schedule(s, args, HOST, threads=2)
    a, w = RNG.random((20, 9), "float32"), RNG.random((7, 33), "float32")
    a[:, 7:] = -1
    np.testing.assert_array_equal(kernel(a, w), w[a.argmax(1)])
    a[13, 8] = 5
    assert "from 0 to below 7 in dimension 0 of W in main, got 8" in refused(kernel, a, w)
    clamping = build_schedule(s, args, HOST, threads=2, bounds="clamp")
    np.testing.assert_array_equal(clamping(a, w), w[np.minimum(a.argmax(1), 6)])


def test_where_the_greatest_is_needs_no_check_in_a_table_large_enough() -> None:
    args, _ = rows_of_the_greatest(9)
    assert lower_program(te.create_schedule(args[-1]), args, HOST).signature.checks == ()


def test_a_gathered_stage_is_computed_whole_wherever_it_is() -> None:
    A = te.placeholder((ROWS, 4), name="A")
    idx = te.placeholder((6,), "int32", name="idx")
    D = te.compute((ROWS, 4), lambda i, j: A[i, j] * 2.0, name="D")
    C = te.compute((6, 4), lambda i, j: D[idx[i], j], name="C")
    args = [A, idx, C]
    a = RNG.integers(-3, 4, (ROWS, 4)).astype("float32")
    at = np.array([8, 0, 3, 3, 7, 1], "int32")
    for step in ("root", "attached", "inlined", "cached"):
        s = te.create_schedule(C)
        if step == "attached":
            s[D].compute_at(s[C], s[C].split(C.op.axis[1], 3)[0])
        elif step == "inlined":
            s[D].compute_inline()
        elif step == "cached":
            copy = s.cache_read(idx, "local", [C])
            s[copy].compute_at(s[C], C.op.axis[0])
            s.cache_read(D, "global", [C], layout=((1, 2), 0, 1))
        kernel = build_schedule(s, args, HOST)
        np.testing.assert_array_equal(kernel(a, at), a[at] * 2, err_msg=step)
        wrong = at.copy()
        wrong[4] = -2
        assert "got -2" in refused(kernel, a, wrong), step


def inlined(s: Schedule, D: te.Tensor, C: te.Tensor) -> None:
    s[D].compute_inline()


def packed(s: Schedule, D: te.Tensor, C: te.Tensor) -> None:
    s.cache_read(D, "global", [C], layout=((0, 4), 0))


def attached(s: Schedule, D: te.Tensor, C: te.Tensor) -> None:
    s[D].compute_at(s[C], C.op.axis[0])


@pytest.mark.parametrize("way", [None, inlined, packed, attached])
def test_what_an_index_is_meant_for_is_the_schedules_to_keep(
    way: Callable[..., None] | None,
) -> None:
    A = te.placeholder((10,), name="A")
    idx = te.placeholder((6,), "int32", name="idx")
    D = te.compute((6,), lambda i: A[i + 2], name="D")
    C = te.compute((6,), lambda i: D[idx[i]], name="C")
    s = te.create_schedule(C)
    if way is not None:
        way(s, D, C)
    a, wrong = np.arange(10, dtype="float32"), np.array([0, 5, -1, 3, 6, 7], "int32")
    clamping = build_schedule(s, [A, idx, C], HOST, bounds="clamp")
    np.testing.assert_array_equal(clamping(a, wrong), a[2:8][np.clip(wrong, 0, 5)])
    kernel = build_schedule(s, [A, idx, C], HOST)
    np.testing.assert_array_equal(kernel(a, wrong.clip(0, 5)), a[2:8][wrong.clip(0, 5)])
    for place in (2, 4, 5):
        one_wrong = wrong.clip(0, 5)
        one_wrong[place] = wrong[place]
        message = refused(kernel, a, one_wrong)
        assert f"below 6 in dimension 0 of D in main, got {wrong[place]}" in message


def test_an_index_that_is_inside_of_a_stage_is_inside_of_what_it_is_inlined_from() -> None:
    n = te.var("n")
    A = te.placeholder((n + 2,), name="A")
    idx = te.placeholder((6,), "int32", name="idx")
    D = te.compute((n,), lambda i: A[i + 2] + A[i], name="D")
    C = te.compute((6,), lambda i: D[idx[i]], name="C")
    s = te.create_schedule(C)
    s[D].compute_inline()
    program = lower_program(s, [A, idx, C, n], HOST)
    assert [(check.tensor, check.extent) for check in program.signature.checks] == [("D", "n")]


def test_nothing_after_a_check_that_fails_runs() -> None:
    A = te.placeholder((4,), name="A")
    idx = te.placeholder((4,), "int32", name="idx")
    places = te.placeholder((4,), "int32", name="places")
    first = te.compute((4,), lambda i: places[idx[i]] % 4, name="first")
    C = te.compute((4,), lambda i: A[first[i]], name="C")
    kernel = build_schedule(te.create_schedule(C), [A, idx, places, C], HOST)
    wrong = np.array([0, 1 << 20, 2, 3], "int32")
    c = np.full(4, 7, "float32")
    with pytest.raises(ArgumentError, match="of places"):
        kernel(np.ones(4, "float32"), wrong, np.arange(4, dtype="int32"), c)
    assert (c == 7).all()


def test_constants_are_checked_when_they_are_packed() -> None:
    W = te.placeholder((4,), name="W", constant=True)
    order = te.placeholder((4,), "int32", name="order", constant=True)
    A = te.placeholder((4,), name="A")
    P = te.compute((4,), lambda i: W[order[i]], name="P")
    C = te.compute((4,), lambda i: A[i] + P[i], name="C")
    kernel = build_schedule(te.create_schedule(C), [A, W, order, C], HOST)
    a, w, ok = np.ones(4, "float32"), np.arange(4, dtype="float32"), np.array([3, 2, 0, 1], "int32")
    np.testing.assert_array_equal(kernel.bind(W=w, order=ok)(a), a + w[ok])
    np.testing.assert_array_equal(kernel(a, w, ok), a + w[ok])
    ok[2] = 4
    assert "of W in main, got 4" in refused(lambda: kernel.bind(W=w, order=ok))
    assert "of W in main, got 4" in refused(kernel, a, w, ok)


def test_equal_indices_are_checked_once() -> None:
    W = te.placeholder((ROWS, 2), name="W")
    idx = te.placeholder((6,), "int32", name="idx")
    C = te.compute((6,), lambda i: W[idx[i], 0] * W[idx[i], 1], name="C")
    program = lower_program(te.create_schedule(C), [W, idx, C], HOST)
    assert len(program.signature.checks) == 1


def test_an_unknown_option_is_refused() -> None:
    args = embedding()
    with pytest.raises(ExpressionError, match="'check', 'clamp' or 'trust', got 'wrap'"):
        lower(te.create_schedule(args[-1]), args, bounds="wrap")  # type: ignore[arg-type]


def test_points_that_data_names_are_inside_of_the_data() -> None:
    X, S, D = (
        te.placeholder((9, 4), name="X"),
        *(te.placeholder((20,), "int32", name=n) for n in "SD"),
    )
    k = te.reduce_axis((0, 20), name="k")
    C = te.compute((8, 4), lambda i, j: te.sum(X[S[k], j], axis=k, where=D[k].equal(i)), name="C")
    text = str(lower(te.create_schedule(C), [X, S, D, C], bounds="check").body)
    assert text.index("for k in 0..20") < text.index("for i in 0..8")
    kernel = build_schedule(te.create_schedule(C), [X, S, D, C], Target.host())
    x = RNG.standard_normal((9, 4)).astype("float32")
    rows, to = RNG.integers(0, 9, 20).astype("int32"), RNG.integers(-2, 11, 20).astype("int32")
    rows[to == 8] = 100  # never read
    expected = np.zeros((8, 4), "float32")
    is_read = (to >= 0) & (to < 8)
    np.add.at(expected, to[is_read], x[rows[is_read]])
    np.testing.assert_allclose(kernel(x, rows, to), expected, rtol=1e-5)
    rows[np.argmax(is_read)] = 9
    assert "9" in refused(kernel, x, rows, to)


def test_checks_read_indices_as_they_lie() -> None:
    X, I = te.placeholder((9,), name="X"), te.placeholder((20, 30), "int32", name="I")  # noqa: E741
    C = te.compute((30, 20), lambda i, k: X[I[k, i]], name="C")
    text = str(lower(te.create_schedule(C), [X, I, C], bounds="check").body)
    assert text.index("for k in 0..20") < text.index("for i in 0..30")
