"""Tensors that together use every part of the language, for the key and for JSON."""

from collections.abc import Sequence

from autosched import te
from autosched.te.encode import canonical_text, key_of_text
from autosched.te.tensor import Tensor


def structural_key(tensors: Sequence[Tensor]) -> str:
    return key_of_text(canonical_text(tensors))


def matmul(m=7, n=5, depth=3, dtype="float32", names="ABC", constant=False):
    A = te.placeholder((m, depth), dtype, name=names[0])
    B = te.placeholder((depth, n), dtype, name=names[1], constant=constant)
    k = te.reduce_axis((0, depth), name="k")
    C = te.compute((m, n), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name=names[2])
    return [A, B, C]


def argmax():
    n = te.var("n")
    A = te.placeholder((n, 5), name="A")
    k = te.reduce_axis((1, 5), name="k")
    reducer = te.comm_reducer(
        lambda x, y: (
            te.if_then_else(x[1] >= y[1], x[0], y[0]),
            te.maximum(x[1], y[1]),
        ),
        lambda index, value: (te.const(-1, index), te.min_value(value)),
        name="argmax",
    )
    body = {"where": k.not_equal(2), "init": (0, te.const(0.5, "float32"))}
    return [A, *te.compute((n,), lambda i: reducer((k, A[i, k]), axis=k, **body), name="best")]


def everything():
    """One stage with every kind of node, on int32 and float32."""
    A = te.placeholder((8,), "int32", name="A")
    X = te.placeholder((8,), name="X")

    def integers(i):
        a, b = A[i], A[7 - i]
        value = (a + b) * (a - b) // 3 % 5
        value = te.minimum(value, a & b) | (te.maximum(a, 2) ^ (b << 1)) >> 1
        flags = te.any(te.all(a < b, b <= 4), ~a.equal(b) & a.not_equal(3))
        return te.if_then_else(flags, value, te.popcount(a))

    def floats(i):
        x = X[i]
        return te.exp(x) / (1.0 + te.abs(x)) + te.floormod(x, 2.0) * Y[i].astype("float32")

    Y = te.compute((8,), integers, name="Y", tag="injective", attrs={"layout": ["N", 1, 2.5]})
    return [A, X, te.compute((8,), floats, name="Z")]


SAMPLES: dict[str, list[Tensor]] = {
    "matmul": matmul(),
    "argmax": argmax(),
    "everything": everything(),
    "scalar": [te.compute((), lambda: te.const(-0.0, "float64"))],
    "bfloat16": matmul(dtype="bfloat16", constant=True),
}
