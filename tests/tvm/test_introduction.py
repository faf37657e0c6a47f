"""The first steps of a TE script: vector addition and a matrix product, built, run and timed."""

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.tvm import te

RNG = np.random.default_rng(0)


@pytest.fixture
def target() -> tvm.target.Target:
    return tvm.target.Target(target="llvm", host="llvm")


def test_vector_addition_of_any_length(target: tvm.target.Target) -> None:
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    B = te.placeholder((n,), name="B")
    C = te.compute(A.shape, lambda i: A[i] + B[i], name="C")
    s = te.create_schedule(C.op)
    fadd = tvm.build(s, [A, B, C], target, name="myadd")
    dev = tvm.device(target.kind.name, 0)
    for length in (1, 7, 1024):
        a = tvm.nd.array(RNG.random(length).astype(A.dtype), dev)
        b = tvm.nd.array(RNG.random(length).astype(B.dtype), dev)
        c = tvm.nd.array(np.zeros(length, dtype="float32"), dev)
        fadd(a, b, c)
        tvm.testing.assert_allclose(c.numpy(), a.numpy() + b.numpy())


def test_parallel_and_vectorized_addition(target: tvm.target.Target) -> None:
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    B = te.placeholder((n,), name="B")
    C = te.compute(A.shape, lambda i: A[i] + B[i], name="C")
    s = te.create_schedule(C.op)
    outer, inner = s[C].split(C.op.axis[0], factor=16)
    s[C].parallel(outer)
    s[C].vectorize(inner)
    fadd = tvm.build(s, [A, B, C], target, name="myadd_parallel")
    a, b = (tvm.nd.array(RNG.random(1000).astype("float32")) for _ in range(2))
    c = tvm.nd.empty((1000,))
    fadd(a, b, c)
    tvm.testing.assert_allclose(c.numpy(), a.numpy() + b.numpy())
    text = str(tvm.lower(s, [A, B, C], simple_mode=True))
    assert "parallel" in text
    assert "vectorized" in text


def test_the_size_may_be_an_argument(target: tvm.target.Target) -> None:
    n = te.var("n")
    A = te.placeholder((n,), name="A")
    B = te.compute((n,), lambda i: A[i] * 2.0, name="B")
    s = te.create_schedule(B.op)
    double = tvm.build(s, [n, A, B], target)
    a, b = tvm.nd.array(np.ones(5, "float32")), tvm.nd.empty((5,))
    double(5, a, b)
    assert b.numpy().tolist() == [2.0] * 5


def test_a_matrix_product_is_timed_and_shown(target: tvm.target.Target) -> None:
    M = K = N = 64
    k = te.reduce_axis((0, K), "k")
    A = te.placeholder((M, K), name="A")
    B = te.placeholder((K, N), name="B")
    C = te.compute((M, N), lambda x, y: te.sum(A[x, k] * B[k, y], axis=k), name="C")
    s = te.create_schedule(C.op)
    func = tvm.build(s, [A, B, C], target=target, name="mmult")
    dev = tvm.device(target.kind.name, 0)
    a = tvm.nd.array(RNG.random((M, K)).astype("float32"), dev)
    b = tvm.nd.array(RNG.random((K, N)).astype("float32"), dev)
    c = tvm.nd.array(np.zeros((M, N), dtype="float32"), dev)
    func(a, b, c)
    tvm.testing.assert_allclose(c.numpy(), a.numpy() @ b.numpy(), rtol=1e-5)
    evaluator = func.time_evaluator(func.entry_name, dev, number=3, repeat=2)
    result = evaluator(a, b, c)
    assert len(result.results) == 2
    assert 0 < result.min <= result.median <= result.max
    assert result.mean > 0
    assert "define void @mmult" in func.get_source()
    assert "mmult:" in func.get_source("asm")
    assert "C[x, y]" in str(tvm.lower(s, [A, B, C], simple_mode=True))


def test_a_lowered_schedule_can_be_built() -> None:
    A = te.placeholder((10,), name="A")
    B = te.compute((10,), lambda i: A[i] + 1.0, name="B")
    module = tvm.lower(te.create_schedule(B.op), [A, B], name="increment")
    func = tvm.build(module, target="llvm")
    b = tvm.nd.empty((10,))
    func["increment"](tvm.nd.array(np.arange(10, dtype="float32")), b)
    assert b.numpy().tolist() == list(range(1, 11))
    assert module["increment"].name == "increment"
