"""C source: its text, and what it computes where there is a C compiler."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from autosched import te
from autosched.codegen.c.source import c_source
from autosched.errors import NotOfferedError
from autosched.lowering.lower import lower
from autosched.te.evaluate import evaluate


def tiled_product():
    A, B = te.placeholder((8, 12), name="A"), te.placeholder((12, 16), name="B")
    k = te.reduce_axis((0, 12), "k")
    C = te.compute((8, 16), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")
    s = te.create_schedule(C.op)
    outer, inner = s[C].split(C.op.axis[1], 6)
    s[C].reorder(C.op.axis[0], outer, k, inner)
    s[C].parallel(C.op.axis[0])
    s[C].vectorize(inner)
    return s, [A, B, C]


def test_the_text_of_a_product() -> None:
    s, args = tiled_product()
    text = c_source(lower(s, args, "product"))
    assert text.endswith("""\
void product(const float* restrict A, const float* restrict B, float* restrict C) {
    #pragma omp parallel for
    for (int64_t i = 0; i < 8; ++i) {
        for (int64_t j_outer = 0; j_outer < 3; ++j_outer) {
            for (int64_t j_inner = 0; j_inner < 6; ++j_inner) {  // vectorized
                if (((j_outer * 6) + j_inner) < 16) {
                    C[(i * 16) + ((j_outer * 6) + j_inner)] = 0.0f;
                }
            }
            for (int64_t k = 0; k < 12; ++k) {
                for (int64_t j_inner = 0; j_inner < 6; ++j_inner) {  // vectorized
                    if (((j_outer * 6) + j_inner) < 16) {
                        C[(i * 16) + ((j_outer * 6) + j_inner)] = \
C[(i * 16) + ((j_outer * 6) + j_inner)] + \
(A[(i * 12) + k] * B[(k * 16) + ((j_outer * 6) + j_inner)]);
                    }
                }
            }
        }
    }
}
""")


@pytest.fixture(scope="module")
def compiler():
    found = shutil.which("cc")
    if found is None:
        pytest.skip("there is no C compiler")
    return found


def compiled(compiler, folder, schedule, args, arrays) -> None:
    (folder / "k.c").write_text(c_source(lower(schedule, args, "kernel")))
    command = [compiler, "-std=c99", "-fwrapv", "-shared", "-fPIC", "k.c", "-lm", "-o", "k.so"]
    subprocess.run(command, cwd=folder, check=True)
    kernel = ctypes.CDLL(str(folder / "k.so")).kernel
    kernel(*(array.ctypes.data_as(ctypes.c_void_p) for array in arrays))


def test_a_tiled_product_computes_the_same(compiler, tmp_path) -> None:
    s, args = tiled_product()
    a, b = (np.random.default_rng(0).random(n, dtype="float32") for n in ((8, 12), (12, 16)))
    c = np.empty((8, 16), "float32")
    compiled(compiler, tmp_path, s, args, [a, b, c])
    np.testing.assert_allclose(c, a @ b, rtol=1e-5)


def test_operators_and_conversions_compute_the_same(compiler, tmp_path) -> None:
    X = te.placeholder((6,), "float32", "X")
    N = te.placeholder((6,), "int8", "N")
    formulas = {
        "float32": [
            lambda i: te.max(X[i], 0.5) - te.min(X[i], te.const(float("-inf"), "float32")),
            lambda i: te.sigmoid(X[i]) + te.abs(X[i]) * te.rsqrt(te.exp(X[i])),
            lambda i: te.if_then_else(te.all(i > 1, X[i] < 2.0), X[(i * 5) % 6], -1.5),
            lambda i: X[i] // 0.7 + X[i] % 0.7 + te.round(X[i]),
            lambda i: X[(2 - i) % 6] + te.isnan(X[i]).astype("float32"),
        ],
        "int32": [
            lambda i: (X[i] * 1e10).astype("int32"),
            lambda i: (N[i] // 3 % 5).astype("int32"),
        ],
        "int8": [lambda i: (N[i] * N[i] << 1) ^ N[i], lambda i: te.abs(N[i]) >> 2],
        "int64": [lambda i: (X[i] * 1e30).astype("int64"), lambda i: te.min_value("int64") + i],
        "bool": [lambda i: te.any(X[i] > 1.0, ~(N[i] == 3))],
    }
    outs = [te.compute((6,), f) for each in formulas.values() for f in each]
    s = te.create_schedule([out.op for out in outs])
    x = np.array([0.0, -2.5, 3.25, np.nan, 1.5, -0.3], "float32")
    n = np.array([0, -7, 3, 127, -128, 5], "int8")
    found = [np.empty(6, str(out.dtype)) for out in outs]
    compiled(compiler, tmp_path, s, [X, N, *outs], [x, n, *found])
    for array, wanted in zip(found, evaluate(outs, {X: x, N: n}), strict=True):
        np.testing.assert_allclose(array, wanted, rtol=1e-6)


def test_sizes_names_and_large_buffers(compiler, tmp_path) -> None:
    n = te.var("n")
    A = te.placeholder((n, 100), name="int")
    B = te.compute((n, 100), lambda i, j: A[i, j] + 1.0, name="a.b")
    C = te.compute((n, 100), lambda i, j: B[i, 99 - j] * 2.0, name="a_b")
    s = te.create_schedule(C.op)
    text = c_source(lower(s, [A, C], "kernel"))
    assert "kernel(const float* restrict int_1, float* restrict a_b, int64_t n)" in text
    assert "float* a_b_1 = malloc(sizeof(float) * (n * 100));" in text
    assert "free(a_b_1);" in text
    (tmp_path / "k.c").write_text(text)
    subprocess.run(
        [compiler, "-std=c99", "-Wall", "-Werror", "-c", "k.c"], cwd=tmp_path, check=True
    )


def test_tensors_may_have_the_names_of_functions() -> None:
    A = te.placeholder((4,), "float64", name="exp")
    B = te.compute((4,), lambda i: te.exp(A[i]), name="NAN")
    text = c_source(lower(te.create_schedule(B.op), [A, B], "kernel"))
    assert "NAN_1[i] = exp(exp_1[i]);" in text


def test_what_c_cannot_say_is_refused() -> None:
    A = te.placeholder((4,), "bfloat16", "A")
    B = te.compute((4,), lambda i: A[i] + A[i], name="B")
    with pytest.raises(NotOfferedError, match="C for the dtype bfloat16"):
        c_source(lower(te.create_schedule(B.op), [A, B]))
    N = te.placeholder((4,), "int32", "N")
    for formula, reason in (
        (lambda i: te.popcount(N[i]), "the function popcount"),
        (lambda i: N[i] << N[i], "a shift by an amount that is not constant"),
    ):
        C = te.compute((4,), formula, name="C")
        with pytest.raises(NotOfferedError, match=reason):
            c_source(lower(te.create_schedule(C.op), [N, C]))
    D = te.compute((4,), lambda i: N[i] + 1, name="D")
    s = te.create_schedule(D.op)
    s[D].bind(D.op.axis[0], te.thread_axis("threadIdx.x"))
    with pytest.raises(NotOfferedError, match="threads of a GPU"):
        c_source(lower(s, [N, D]))
