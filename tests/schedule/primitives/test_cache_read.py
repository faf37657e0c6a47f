"""cache_read: copies, and layouts of their own."""

from __future__ import annotations

from typing import Any

import pytest

from autosched import te
from autosched.schedule import create_schedule
from tests.schedule.nests import golden, matmul, means_the_same, refuses


def test_a_plain_copy() -> None:
    s = create_schedule(C := matmul())
    AL = s.cache_read(s.tensors[0], "local", [C])
    assert AL.name == "A.local"
    assert s[AL].scope == "local"
    golden(
        s,
        """
        alloc A.local: float32 local
        for ax0 in 0..4:
            for ax1 in 0..8:
                A.local[ax0, ax1] = A[ax0, ax1]
        for i in 0..4:
            for j in 0..6:
                for k in 0..8:
                    C[i, j] += A.local[i, k] * B[k, j]
        """,
    )
    means_the_same(s)


def test_packing_with_a_tail() -> None:
    s = create_schedule(C := matmul(4, 10, 8))
    s.cache_read(s.tensors[1], "global", [C], layout=[[1, 4], 0, 1])
    golden(
        s,
        """
        for ax1.0 in 0..3:
            for ax0 in 0..8:
                for ax1.1 in 0..4:
                    B.global[ax1.0, ax0, ax1.1] = select(ax1.0*4 + ax1.1 < 10, B[ax0, ax1.0*4 + ax1.1], 0.0)
        for i in 0..4:
            for j in 0..10:
                for k in 0..8:
                    C[i, j] += A[i, k] * B.global[j//4, k, j%4]
        """,  # noqa: E501
    )
    means_the_same(s)


def test_tiles_of_tiles() -> None:
    s = create_schedule(C := matmul(4, 24, 16))
    layout = [[1, 12], [0, 8], [1, 4], 0, 1]
    s.cache_read(s.tensors[1], "global", [C], layout=layout)
    golden(
        s,
        """
        for ax1.0 in 0..2:
            for ax0.0 in 0..2:
                for ax1.1 in 0..3:
                    for ax0.1 in 0..8:
                        for ax1.2 in 0..4:
                            B.global[ax1.0, ax0.0, ax1.1, ax0.1, ax1.2] = B[ax0.0*8 + ax0.1, ax1.0*12 + ax1.1*4 + ax1.2]
        for i in 0..4:
            for j in 0..24:
                for k in 0..16:
                    C[i, j] += A[i, k] * B.global[j//12, k//8, j%12//4, k%8, j%4]
        """,  # noqa: E501
    )
    means_the_same(s)


@pytest.mark.parametrize(
    "layout", [[1, 0], [[0, 16], 1, 0], [[0, 3], [1, 3], 0, 1], [[0, 1], 0, 1]]
)
def test_layouts_of_both_operands(layout: list[object]) -> None:
    s = create_schedule(C := matmul(5, 7, 11))
    A, B, _ = s.tensors
    s.cache_read(A, "global", [C], layout=layout)
    s.cache_read(B, "global", [C], layout=layout)
    means_the_same(s)
    golden(s, str(s))


def test_a_symbolic_extent_is_guarded() -> None:
    n = te.var("n")
    s = create_schedule(C := matmul(4, n, 8))
    s.cache_read(s.tensors[1], "global", [C], layout=[[1, 4], 0, 1])
    assert "for ax1.0 in 0..(n + 3)//4:" in str(s)
    assert "select(ax1.0*4 + ax1.1 < n" in str(s)


def test_some_of_the_readers_and_a_copy_of_a_copy() -> None:
    A = te.placeholder((8,), name="A")
    B = te.compute((8,), lambda i: A[i] + 1.0, name="B")
    C = te.compute((8,), lambda i: A[i] * 2.0, name="C")
    D = te.compute((8,), lambda i: B[i] + C[i], name="D")
    s = create_schedule(D)
    AG = s.cache_read(A, "global", [C])
    AL = s.cache_read(AG, "local", [s[C]])
    assert s.cache_read(A, "global", B).name == "A.global.1"
    assert [stage.name for stage in s.consumers(s[AL])] == ["C"]
    means_the_same(s)
    golden(s, str(s))


def test_a_tensor_that_is_computed() -> None:
    C = matmul()
    D = te.compute((4, 6), lambda i, j: C[i, j] + 1.0, name="D")
    s = create_schedule(D)
    s.cache_read(C, "local", [D])
    assert [stage.name for stage in s.stages] == ["A", "B", "C", "C.local", "D"]
    means_the_same(s)


def test_axes_keep_their_loops() -> None:
    s = create_schedule(C := matmul())
    outer, inner = s[C].split(C.op.axis[1], 2)
    s[C].vectorize(inner)
    s.cache_read(s.tensors[1], "local", [C])
    assert s[C].leaves[1:3] == [outer, inner]
    golden(s, str(s))


def halves(value: Any, m: int = 3, k: int = 4) -> te.Tensor:
    """A sum of products in float32 of what `value` makes of the float16 tensor A, and A's sign."""
    A = te.placeholder((m, k), "float16", name="A")
    W = te.placeholder((k, 2), "float32", name="W")
    r = te.reduce_axis((0, k), name="r")
    product = lambda i, j: te.sum(value(A, i, r).astype("float32") * W[r, j], axis=r)  # noqa: E731
    return te.compute((m, 2), product, name="C")


def test_a_copy_holds_wider_floats() -> None:
    s = create_schedule(C := halves(lambda A, i, r: A[i, r]))
    s.cache_read(s.tensors[0], "global", [C], layout=[1, 0], dtype="float32")
    golden(
        s,
        """
        for ax1 in 0..4:
            for ax0 in 0..3:
                A.global[ax1, ax0] = float32(A[ax0, ax1])
        for i in 0..3:
            for j in 0..2:
                for r in 0..4:
                    C[i, j] += A.global[r, i] * W[r, j]
        """,
    )
    means_the_same(s)


def test_what_is_chosen_is_converted_after_and_what_is_computed_before() -> None:
    zero = te.const(0, "float16")
    s = create_schedule(C := halves(lambda A, i, r: te.if_then_else(r < i, A[i, r], zero)))
    s.cache_read(s.tensors[0], "global", [C], dtype="float32")
    assert "select(r < i, A.global[i, r], 0.0) * W" in str(s)
    means_the_same(s)
    s = create_schedule(C := halves(lambda A, i, r: A[i, r] + A[i, 0]))
    s.cache_read(s.tensors[0], "global", [C], dtype="float32")
    assert "float32(float16(A.global[i, r]) + float16(A.global[i, 0]))" in str(s)
    means_the_same(s)


@pytest.mark.parametrize("dtype", ["float32", "float16", 3])
def test_the_dtype_of_a_copy_is_wider(dtype: object) -> None:
    s = create_schedule(C := matmul())
    A, *_ = s.tensors
    refuses(s, lambda: s.cache_read(A, "global", [C], dtype=dtype), "expected", "float32")


def test_stages_that_do_not_read_it() -> None:
    C = matmul()
    D = te.compute((4, 6), lambda i, j: C[i, j] + 1.0, name="D")
    s = create_schedule(D)
    A = s.tensors[0]
    refuses(s, lambda: s.cache_read(A, "local", [D]), "that read A", "got D", "read by C")
    refuses(s, lambda: s.cache_read(D, "local", [C]), "read by none")
    refuses(s, lambda: s.cache_read(A, "local", [A]), "got A")


@pytest.mark.parametrize(
    ("layout", "part"),
    [
        ([0], "rest of dimension 1"),
        ([0, 1, 0], "dimension 0 again"),
        ([0, 1, [1, 2]], "dimension 1 again"),
        ([0, 2], "dimension 2 of a tensor of 2"),
        ([-1, 0], "dimension -1"),
        ([[1, 8], [1, 3], 0, 1], "units of 3 in tiles of 8"),
        ([[1, 0], 0, 1], "a list of dimensions"),
        ([[1, 4, 2], 0, 1], "a list of dimensions"),
        ("01", "a list of dimensions"),
        ([0, "j"], "a list of dimensions"),
        (3, "a list of dimensions"),
    ],
)
def test_layouts_that_make_no_sense(layout: object, part: str) -> None:
    s = create_schedule(C := matmul())
    refuses(s, lambda: s.cache_read(s.tensors[1], "global", [C], layout=layout), part)


def test_arguments_that_make_no_sense() -> None:
    s = create_schedule(C := matmul())
    B = s.tensors[1]
    refuses(s, lambda: s.cache_read("B", "local", [C]), "expected a tensor or an operation")
    refuses(s, lambda: s.cache_read(B, None, [C]), "expected a name as 'scope'")
    refuses(s, lambda: s.cache_read(B, "local", []), "the numbers of one or more stages")
    refuses(s, lambda: s.cache_read(B, "local", [3]), "expected a tensor or an operation")
