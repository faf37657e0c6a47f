"""Tensor intrinsics by TVM's names."""

from __future__ import annotations

import numpy as np
import pytest

import autosched.tvm as tvm
from autosched.codegen.machine.c_code import CLANG, OTHERS
from autosched.tvm import te
from autosched.tvm.contrib import clang

CODE = """
extern "C" int tests_gemv(float *c, float *a, float *b, int m, int n, int stride) {
  for (int i = 0; i < m; ++i)
    for (int j = 0; j < n; ++j) c[i] += a[j] * b[i * stride + j];
  return 0;
}
extern "C" int tests_zero(float *c, int m) {
  for (int i = 0; i < m; ++i) c[i] = 0;
  return 0;
}
"""


def gemv(m, n, call, name):
    a, b = te.placeholder((n,), name="a"), te.placeholder((m, n), name="b")
    k = te.reduce_axis((0, n), name="k")
    c = te.compute((m,), lambda i: te.sum(a[k] * b[i, k], axis=k), name="c")
    strided = tvm.tir.decl_buffer(b.shape, b.dtype, strides=[te.var("s"), 1], offset_factor=1)

    def parts(ins, outs):
        arrays = [each.access_ptr("r") for each in (outs[0], *ins)]
        update = call(f"{name}gemv", *arrays, m, n, ins[1].strides[0])
        return update, call(f"{name}zero", outs[0].access_ptr("w"), m), update

    return te.decl_tensor_intrin(
        c.op, parts, binds={b: strided}, default_buffer_params={"offset_factor": 1}
    )


def product(intrinsic):
    A, B = te.placeholder((5, 32), name="A"), te.placeholder((6, 32), name="B")
    k = te.reduce_axis((0, 32), name="k")
    C = te.compute((5, 6), lambda i, j: te.sum(A[i, k] * B[j, k], axis=k), name="C")
    s = te.create_schedule(C.op)
    jo, ji = s[C].split(C.op.axis[1], factor=3)
    ko, ki = s[C].split(C.op.reduce_axis[0], factor=8)
    s[C].reorder(jo, ko, ji, ki)
    s[C].tensorize(ji, intrinsic)
    return s, [A, B, C]


def check(s, args):
    a, b = np.random.rand(5, 32).astype("float32"), np.random.rand(6, 32).astype("float32")
    c = tvm.nd.array(np.zeros((5, 6), "float32"))
    tvm.build(s, args, "llvm")(tvm.nd.array(a), tvm.nd.array(b), c)
    np.testing.assert_allclose(c.numpy(), a @ b.T, rtol=1e-5)


@pytest.mark.skipif(
    not any(map(clang.shutil.which, (*CLANG, *OTHERS))), reason="there is no C compiler"
)
def test_functions_of_c() -> None:
    call = lambda name, *args: tvm.tir.call_extern("int32", name, *args)  # noqa: E731
    s, args = product(gemv(3, 8, call, "tests_"))
    s[args[-1]].pragma(s[args[-1]].leaf_iter_vars[0], "import_llvm", clang.create_llvm(CODE))
    lowered = str(tvm.lower(s, args))
    at = "&C[i, j.outer*3], &A[i, k.outer*8], &B[j.outer*3, k.outer*8]"
    assert f"call tests_gemv({at}, int32(3), int32(8), int32(32))" in lowered
    check(s, args)


def test_functions_of_python() -> None:
    def update(c, a, b, *numbers):
        assert numbers == (3, 8, 32)
        c.copyfrom(c.numpy() + b.numpy() @ a.numpy())

    tvm.register_func("tests.tvm.gemv", update, override=True)
    tvm.register_func(
        "tests.tvm.zero", lambda c, m: c.copyfrom(np.zeros(m, "float32")), override=True
    )
    s, args = product(gemv(3, 8, tvm.tir.call_packed, "tests.tvm."))
    check(s, args)
    with pytest.raises(tvm.TVMError, match="saving a kernel that calls functions of Python"):
        tvm.build(s, args).save("kernel.o")


def test_vectors() -> None:
    a = te.placeholder((8,), name="a")
    b = te.compute((8,), lambda i: a[i] * a[i], name="b")

    def square(ins, outs):
        lanes = ins[0].vload([0], "float32x8")
        return outs[0].vstore([0], lanes * lanes)

    made = te.decl_tensor_intrin(b.op, square, name="square")
    A = te.placeholder((16,), name="A")
    B = te.compute((16,), lambda i: A[i] * A[i], name="B")
    s = te.create_schedule(B.op)
    _, inner = s[B].split(B.op.axis[0], factor=8)
    s[B].tensorize(inner, made)
    assert "B[i.outer*8 : +8] = A[i.outer*8 : +8] * A[i.outer*8 : +8]" in str(tvm.lower(s, [A, B]))
    x, y = np.arange(16, dtype="float32"), tvm.nd.array(np.zeros(16, "float32"))
    tvm.build(s, [A, B])(tvm.nd.array(x), y)
    np.testing.assert_array_equal(y.numpy(), x * x)
