"""The part of a producer that is computed in a loop: symbolic sizes, halos, uneven loops."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te
from tests.tvm.running import check, values

SHAPES = [(13, 37), (8, 32), (1, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_symbolic_sizes_tiled_and_attached(shape: tuple[int, int]) -> None:
    n, m = te.var("n"), te.var("m")
    A = te.placeholder((n, m), name="A")
    B = te.compute((n, m), lambda i, j: A[i, j] * 2.0, name="B")
    C = te.compute((n, m), lambda i, j: B[i, j] + 1.0, name="C")
    s = te.create_schedule(C.op)
    xo, yo, _, yi = s[C].tile(*C.op.axis, 4, 16)
    s[C].vectorize(yi)
    s[C].parallel(xo)
    s[B].compute_at(s[C], yo)
    a = values(shape)
    check(s, [A, C], [a], a * 2 + 1)


def test_symbolic_sizes_fused_and_split() -> None:
    n, m = te.var("n"), te.var("m")
    A = te.placeholder((n, m), name="A")
    B = te.compute((n, m), lambda i, j: A[i, j] * 2.0, name="B")
    s = te.create_schedule(B.op)
    outer, inner = s[B].split(s[B].fuse(*B.op.axis), 16)
    s[B].vectorize(inner)
    s[B].parallel(outer)
    a = values((13, 37))
    check(s, [A, B], [a], a * 2)


def test_a_factored_reduction_of_symbolic_length() -> None:
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    k = te.reduce_axis((0, n), "k")
    B = te.compute((1,), lambda i: te.sum(A[k], axis=k), name="B")
    s = te.create_schedule(B.op)
    _, ki = s[B].split(B.op.reduce_axis[0], 16)
    s.rfactor(B, ki)
    a = values((100,))
    check(s, [A, B], [a], a.sum(keepdims=True), rtol=1e-4)


def test_a_halo_at_uneven_parts() -> None:
    A = te.placeholder((100,), name="A")
    B = te.compute((100,), lambda i: A[i] * 2.0, name="B")
    C = te.compute((98,), lambda i: B[i] + B[i + 1] + B[i + 2], name="C")
    s = te.create_schedule(C.op)
    outer, _ = s[C].split(C.op.axis[0], nparts=7)
    s[B].compute_at(s[C], outer)
    _, inner = s[B].split(B.op.axis[0], 4)
    s[B].vectorize(inner)
    a = values((100,))
    b = a * 2
    check(s, [A, C], [a], b[:98] + b[1:99] + b[2:])


def test_attached_at_a_fused_loop() -> None:
    A = te.placeholder((10, 12), name="A")
    B = te.compute((10, 12), lambda i, j: A[i, j] * 2.0, name="B")
    C = te.compute((10, 12), lambda i, j: B[i, j] + 1.0, name="C")
    s = te.create_schedule(C.op)
    outer, _ = s[C].split(s[C].fuse(*C.op.axis), 7)
    s[B].compute_at(s[C], outer)
    a = values((10, 12))
    check(s, [A, C], [a], a * 2 + 1)


def test_attached_inside_a_reduction() -> None:
    A = te.placeholder((10, 12), name="A")
    B = te.compute((10, 12), lambda i, j: A[i, j] * 2.0, name="B")
    k = te.reduce_axis((0, 12), "k")
    C = te.compute((10,), lambda i: te.sum(B[i, k], axis=k), name="C")
    s = te.create_schedule(C.op)
    ko, _ = s[C].split(C.op.reduce_axis[0], 5)
    s[B].compute_at(s[C], ko)
    a = values((10, 12))
    check(s, [A, C], [a], (a * 2).sum(1), rtol=1e-4)


@pytest.mark.parametrize("place", ["root", "attached", "inlined"])
def test_values_read_at_computed_places(place: str) -> None:
    index = te.placeholder((20,), "int32", name="index")
    A = te.placeholder((50,), name="A")
    X = te.compute((50,), lambda i: A[i] * 2.0, name="X")
    B = te.compute((20,), lambda i: X[index[i]], name="B")
    s = te.create_schedule(B.op)
    if place == "attached":
        s[X].compute_at(s[B], B.op.axis[0])
    elif place == "inlined":
        s[X].compute_inline()
    chosen = np.arange(20, dtype="int32") * 7 % 50
    a = values((50,))
    check(s, [index, A, B], [chosen, a], a[chosen] * 2)


@pytest.mark.parametrize("vectorized", [None, 4, 17])
def test_concatenation_reads_nothing_beyond(vectorized: int | None) -> None:
    A = te.placeholder((5, 8), name="A")
    B = te.placeholder((5, 9), name="B")
    C = te.compute((5, 17), lambda i, j: te.if_then_else(j < 8, A[i, j], B[i, j - 8]), name="C")
    s = te.create_schedule(C.op)
    if vectorized:
        _, inner = s[C].split(C.op.axis[1], vectorized)
        s[C].vectorize(inner)
    a, b = values((5, 8)), values((5, 9))
    check(s, [A, B, C], [a, b], np.concatenate([a, b], 1))


@pytest.mark.parametrize("depth", [None, 0, 1])
def test_a_producer_read_under_a_condition(depth: int | None) -> None:
    A = te.placeholder((20,), name="A")
    X = te.compute((20,), lambda i: A[i] + 1.0, name="X")
    B = te.compute(
        (22,),
        lambda i: te.if_then_else(tvm.tir.all(i >= 1, i < 21), X[i - 1], 0.0),
        name="B",
    )
    s = te.create_schedule(B.op)
    loops = s[B].split(B.op.axis[0], 4)
    if depth is not None:
        s[X].compute_at(s[B], loops[depth])
    a = values((20,))
    check(s, [A, B], [a], np.pad(a + 1, 1))


def test_reads_with_strides_and_transposed() -> None:
    A = te.placeholder((64, 30), name="A")
    B = te.compute((30, 31), lambda i, j: A[2 * j + 1, i] - A[63 - 2 * j, 29 - i], name="B")
    s = te.create_schedule(B.op)
    _, inner = s[B].split(B.op.axis[1], 8)
    s[B].vectorize(inner)
    a = values((64, 30))
    check(s, [A, B], [a], a[1:63:2].T - a[63:1:-2, ::-1].T)


def test_softmax_computed_row_by_row() -> None:
    n, m = 9, 50
    A = te.placeholder((n, m), name="A")
    k, r = te.reduce_axis((0, m), "k"), te.reduce_axis((0, m), "r")
    top = te.compute((n,), lambda i: te.max(A[i, k], axis=k), name="top")
    e = te.compute((n, m), lambda i, j: te.exp(A[i, j] - top[i]), name="e")
    total = te.compute((n,), lambda i: te.sum(e[i, r], axis=r), name="total")
    out = te.compute((n, m), lambda i, j: e[i, j] / total[i], name="out")
    s = te.create_schedule(out.op)
    for stage in (top, e, total):
        s[stage].compute_at(s[out], out.op.axis[0])
    for stage in (e, out):
        _, inner = s[stage].split(stage.op.axis[1], 16)
        s[stage].vectorize(inner)
    s[out].parallel(out.op.axis[0])
    a = values((n, m))
    right = np.exp(a - a.max(1, keepdims=True))
    check(s, [A, out], [a], right / right.sum(1, keepdims=True))


def test_a_convolution_through_caches() -> None:
    ci, co, h, batch = 3, 5, 9, 4
    A = te.placeholder((h, h, ci, batch), name="A")
    W = te.placeholder((3, 3, ci, co), name="W")
    P = te.compute(
        (h + 2, h + 2, ci, batch),
        lambda y, x, c, b: tvm.tir.if_then_else(
            tvm.tir.all(y >= 1, y - 1 < h, x >= 1, x - 1 < h),
            A[y - 1, x - 1, c, b],
            tvm.tir.const(0.0, "float32"),
        ),
        name="P",
    )
    rc, ry, rx = (te.reduce_axis((0, n), name) for n, name in ((ci, "rc"), (3, "ry"), (3, "rx")))
    B = te.compute(
        (h, h, co, batch),
        lambda y, x, f, b: te.sum(P[y + ry, x + rx, rc, b] * W[ry, rx, rc, f], axis=[ry, rx, rc]),
        name="B",
    )
    s = te.create_schedule(B.op)
    s[P].compute_inline()
    PP = s.cache_read(P, "local", [B])
    BL = s.cache_write(B, "local")
    y, x, f, b = s[B].op.axis
    fo, fi = s[B].split(f, 2)
    s[B].reorder(y, x, fo, fi, b)
    s[BL].compute_at(s[B], fo)
    s[PP].compute_at(s[BL], s[BL].op.reduce_axis[0])
    a, w = values((h, h, ci, batch)), values((3, 3, ci, co))
    wide = np.pad(a, ((1, 1), (1, 1), (0, 0), (0, 0)))
    right = sum(
        np.einsum("yxcb,cf->yxfb", wide[i : i + h, j : j + h], w[i, j])
        for i in range(3)
        for j in range(3)
    )
    check(s, [A, W, B], [a, w], right.astype("float32"), rtol=1e-4)
