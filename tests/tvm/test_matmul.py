"""A matrix product made faster step by step on a CPU; each step computes the same."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te
from tests.tvm.running import check, values

M, N, K = 64, 96, 32
BLOCK = 32
Matmul = tuple[Any, Any, Any, Any]


def matmul(m: int = M, n: int = N, depth: int = K) -> Matmul:
    k = te.reduce_axis((0, depth), "k")
    A = te.placeholder((m, depth), name="A")
    B = te.placeholder((depth, n), name="B")
    C = te.compute((m, n), lambda x, y: te.sum(A[x, k] * B[k, y], axis=k), name="C")
    return A, B, C, k


def plain(s: Any, C: Any, k: Any) -> None:
    pass


def blocking(s: Any, C: Any, k: Any) -> None:
    xo, yo, xi, yi = s[C].tile(C.op.axis[0], C.op.axis[1], BLOCK, BLOCK)
    ko, ki = s[C].split(s[C].op.reduce_axis[0], factor=4)
    s[C].reorder(xo, yo, ko, ki, xi, yi)


def vectorization(s: Any, C: Any, k: Any) -> None:
    xo, yo, xi, yi = s[C].tile(C.op.axis[0], C.op.axis[1], BLOCK, BLOCK)
    ko, ki = s[C].split(s[C].op.reduce_axis[0], factor=4)
    s[C].reorder(xo, yo, ko, ki, xi, yi)
    s[C].vectorize(yi)


def permutation(s: Any, C: Any, k: Any) -> None:
    xo, yo, xi, yi = s[C].tile(C.op.axis[0], C.op.axis[1], BLOCK, BLOCK)
    ko, ki = s[C].split(s[C].op.reduce_axis[0], factor=4)
    s[C].reorder(xo, yo, ko, xi, ki, yi)
    s[C].vectorize(yi)


def write_cache(s: Any, C: Any, k: Any) -> None:
    CC = s.cache_write(C, "global")
    xo, yo, _xi, _yi = s[C].tile(C.op.axis[0], C.op.axis[1], BLOCK, BLOCK)
    s[CC].compute_at(s[C], yo)
    xc, yc = s[CC].op.axis
    (k,) = s[CC].op.reduce_axis
    ko, ki = s[CC].split(k, factor=4)
    s[CC].reorder(ko, xc, ki, yc)
    s[CC].unroll(ki)
    s[CC].vectorize(yc)
    s[C].parallel(xo)


STEPS = [plain, blocking, vectorization, permutation, write_cache]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.__name__)
@pytest.mark.parametrize("shape", [(M, N, K), (45, 70, 13)], ids=str)
def test_each_step(step: Callable[..., None], shape: tuple[int, int, int]) -> None:
    A, B, C, k = matmul(*shape)
    s = te.create_schedule(C.op)
    step(s, C, k)
    a, b = values((shape[0], shape[2])), values((shape[2], shape[1]))
    check(s, [A, B, C], [a, b], a @ b, rtol=1e-4)


@pytest.mark.parametrize("parallel", [False, True])
def test_array_packing(parallel: bool) -> None:
    k = te.reduce_axis((0, K), "k")
    A = te.placeholder((M, K), name="A")
    B = te.placeholder((K, N), name="B")
    packed = te.compute(
        (N // BLOCK, K, BLOCK), lambda big, depth, little: B[depth, big * BLOCK + little], name="P"
    )
    C = te.compute(
        (M, N),
        lambda m, n: te.sum(A[m, k] * packed[n // BLOCK, k, tvm.tir.indexmod(n, BLOCK)], axis=k),
        name="C",
    )
    s = te.create_schedule(C.op)
    CC = s.cache_write(C, "global")
    mo, no, _mi, _ni = s[C].tile(C.op.axis[0], C.op.axis[1], BLOCK, BLOCK)
    s[CC].compute_at(s[C], no)
    mc, nc = s[CC].op.axis
    ko, ki = s[CC].split(s[CC].op.reduce_axis[0], factor=4)
    s[CC].reorder(ko, mc, ki, nc)
    s[CC].vectorize(nc)
    s[CC].unroll(ki)
    big, _, little = s[packed].op.axis
    s[packed].vectorize(little)
    if parallel:
        s[packed].parallel(big)
        s[C].parallel(mo)
    a, b = values((M, K)), values((K, N))
    check(s, [A, B, C], [a, b], a @ b, rtol=1e-4)


def test_half_precision_products_summed_in_single() -> None:
    k = te.reduce_axis((0, K), "k")
    A = te.placeholder((M, K), "float16", name="A")
    B = te.placeholder((K, N), "float16", name="B")
    C = te.compute(
        (M, N),
        lambda i, j: te.sum(A[i, k].astype("float32") * B[k, j].astype("float32"), axis=k),
    )
    s = te.create_schedule(C.op)
    _, inner = s[C].split(C.op.axis[1], 16)
    s[C].vectorize(inner)
    a, b = values((M, K), "float16"), values((K, N), "float16")
    check(s, [A, B, C], [a, b], a.astype("float32") @ b.astype("float32"), rtol=1e-4)


def test_integer_products() -> None:
    k = te.reduce_axis((0, K), "k")
    A = te.placeholder((M, K), "int8", name="A")
    B = te.placeholder((N, K), "int8", name="B")
    C = te.compute(
        (M, N), lambda i, j: te.sum(A[i, k].astype("int32") * B[j, k].astype("int32"), axis=k)
    )
    s = te.create_schedule(C.op)
    s[C].parallel(C.op.axis[0])
    a, b = values((M, K), "int8"), values((N, K), "int8")
    check(s, [A, B, C], [a, b], a.astype("int32") @ b.T.astype("int32"))


def test_the_nest_of_every_step_is_printed() -> None:
    A, B, C, k = matmul()
    s = te.create_schedule(C.op)
    write_cache(s, C, k)
    text = str(tvm.lower(s, [A, B, C], simple_mode=True))
    assert "C_global" in text.replace(".", "_")
    assert "parallel" in text
    np.testing.assert_equal("unrolled" in text, True)
