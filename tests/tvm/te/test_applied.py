"""Tensor intrinsics that computations apply to parts of tensors."""

from __future__ import annotations

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.te.evaluate import evaluate
from autosched.tvm import te


def intrinsic(op, functions):
    def called(ins, outs):
        parts = [tvm.tir.call_packed(name, *ins, *outs) for name in functions]
        return parts[0] if len(parts) == 1 else tuple(parts)

    return te.decl_tensor_intrin(op, called, default_buffer_params={"offset_factor": 1})


def vadd(n):
    x, y = te.placeholder((n,), name="x"), te.placeholder((n,), name="y")
    z = te.compute((n,), lambda i: x[i] + y[i], name="z")
    return intrinsic(z.op, ["tests.applied.add"])


def test_parts_of_rows() -> None:
    tvm.register_func(
        "tests.applied.add", lambda x, y, z: z.copyfrom(x.numpy() + y.numpy()), override=True
    )
    A, B = te.placeholder((4, 8), name="A"), te.placeholder((5, 8), name="B")
    add = vadd(8)
    C = te.compute((4, 8), lambda i: add(A[i], B[i + 1, 0:8]), name="C")
    s = te.create_schedule(C.op)
    lowered = tvm.lower(s, [A, B, C])["main"]
    assert isinstance(lowered.body.body, tvm.tir.Evaluate)
    assert "call tests.applied.add(&A[i, 0], &B[i + 1, 0], &C[i, 0])" in str(lowered)
    a, b = np.random.rand(4, 8).astype("float32"), np.random.rand(5, 8).astype("float32")
    c = tvm.nd.array(np.zeros((4, 8), "float32"))
    tvm.build(s, [A, B, C])(tvm.nd.array(a), tvm.nd.array(b), c)
    np.testing.assert_array_equal(c.numpy(), a + b[1:])


def test_in_a_cache() -> None:
    """A copy that has the attributes of the computation stays a copy."""
    A, B = te.placeholder((4, 8), name="A"), te.placeholder((4, 8), name="B")
    add = vadd(8)
    C = te.compute((4, 8), lambda i: add(A[i], B[i]), name="C")
    s = te.create_schedule(C.op)
    local = s.cache_write(C, "local")
    s[local].compute_at(s[C], C.op.axis[0])
    stmt = te.schedule.ScheduleOps(s, te.schedule.InferBound(s))
    assert "call tests.applied.add(&A[i, 0], &B[i, 0], &C_local[0, 0])" in str(stmt)
    assert "C[i, j] = C_local[0, j]" in str(stmt).replace("inner0", "j")


def test_a_reduction_over_tiles() -> None:
    k = te.reduce_axis((0, 4), name="k")
    x, y = te.placeholder((2, 4), name="x"), te.placeholder((3, 4), name="y")
    z = te.compute((2, 3), lambda i, j: te.sum(x[i, k] * y[j, k], axis=k), name="z")
    gemm = intrinsic(z.op, ["tests.applied.all", "tests.applied.zero", "tests.applied.more"])
    A, B = te.placeholder((4, 5, 2, 4), name="A"), te.placeholder((3, 5, 3, 4), name="B")
    r = te.reduce_axis((0, 5), name="r")
    C = te.compute(
        (4, 3, 2, 3), lambda i, j: gemm(A[i, r, 0:2, 0:4], B[j, r], reduce_axis=r), name="C"
    )
    s = te.create_schedule(C.op)
    body = tvm.lower(s, [A, B, C])["main"].body.body.body
    assert isinstance(body[0], tvm.tir.Evaluate)
    assert isinstance(body[1].body, tvm.tir.Evaluate)
    assert "call tests.applied.more(&A[i, r, 0, 0], &B[j, r, 0, 0], &C[i, j, 0, 0])" in str(body[1])
    a, b = np.random.rand(4, 5, 2, 4), np.random.rand(3, 5, 3, 4)
    (c,) = evaluate([C], {A: a.astype("float32"), B: b.astype("float32")})
    np.testing.assert_allclose(c, np.einsum("irxk,jryk->ijxy", a, b), rtol=1e-5)


def test_too_few_axes() -> None:
    A = te.placeholder((4, 8), name="A")
    with pytest.raises(tvm.TVMError, match="expected a function of 2 axes, got one of 1"):
        te.compute((4, 8), lambda i: A[i, 0])
