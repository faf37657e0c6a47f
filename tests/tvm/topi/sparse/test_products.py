import numpy as np
import pytest

from autosched.tvm import te, topi
from autosched.tvm.contrib import sparse
from tests.tvm.topi.checks import built, tensors


def matrix(rows, columns, dtype="float32"):
    (_, x) = tensors((rows, columns), dtype=dtype)[0]
    x[np.random.default_rng(0).random(x.shape) < 0.6] = 0
    x[1] = 0
    return x


def parts(x, name="a"):
    found = sparse.array(x)
    made = sparse.placeholder(x.shape, len(found.data.numpy()), str(x.dtype), name)
    return made, [
        (tensor, array.numpy())
        for tensor, array in zip(
            (made.data, made.indices, made.indptr), (found.data, found.indices, found.indptr),
            strict=True,
        )
    ]  # fmt: skip


@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize("with_bias", [False, True])
def test_rows_times_a_matrix(dtype, with_bias):
    x = matrix(5, 7, dtype)
    a, given = parts(x)
    (b, y), (v, z), (c, bias) = tensors((7, 3), (7, 1), (5,), dtype=dtype)
    more = [(c, bias)] if with_bias else []
    added = bias[:, np.newaxis] if with_bias else 0
    options = (c,) if with_bias else ()
    built(topi.sparse.csrmm(a, b, *options), [*given, (b, y), *more], x @ y + added)
    built(topi.sparse.csrmv(a, v, *options), [*given, (v, z), *more], x @ z + added)


@pytest.mark.parametrize("with_bias", [False, True])
def test_a_layer_of_which_one_side_is_sparse(with_bias):
    (d, x), (w, y), (c, bias) = tensors((5, 7), (3, 7), (3,))
    more, options = ([(c, bias)], (c,)) if with_bias else ([], ())
    added = bias if with_bias else 0
    left, right = matrix(5, 7), matrix(3, 7)
    a, given = parts(left)
    built(topi.sparse.dense(a, w, *options), [*given, (w, y), *more], left @ y.T + added)
    b, given = parts(right)
    built(topi.sparse.dense(d, b, *options), [*given, (d, x), *more], x @ right.T + added)


def test_the_number_of_elements_may_be_known_at_the_call():
    x = matrix(5, 7)
    made = sparse.placeholder((5, 7), dtype="float32")
    found = sparse.array(x)
    b, y = tensors((7, 2))[0]
    given = [(made.data, found.data), (made.indices, found.indices), (made.indptr, found.indptr)]
    built(topi.sparse.csrmm(made, b), [*((t, a.numpy()) for t, a in given), (b, y)], x @ y)
    assert (found.numpy() == x).all()
    assert te.placeholder((1,)).dtype == made.dtype
