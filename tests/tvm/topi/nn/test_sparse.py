import numpy as np
import pytest

from autosched.errors import ExpressionError, NotOfferedError
from autosched.ops.instance import from_tensors
from autosched.tvm import te, topi
from tests.tvm.topi.checks import built, check, tensors


def operands(m=3, rows=2, columns=2):
    indices, indptr = np.array([0, 2, 1], "int32"), np.array([0, 2, 2, 3], "int32")
    rng = np.random.default_rng(0)
    return rng.random((m, 6), "float32"), rng.random((3, rows, columns), "float32"), indices, indptr


def test_blocks_are_multiplied_where_they_are() -> None:
    arrays = operands()
    tensors = [
        te.placeholder(a.shape, str(a.dtype), name=n) for a, n in zip(arrays, "xdip", strict=True)
    ]
    out = topi.nn.sparse_dense(*tensors)
    (got,) = from_tensors([*tensors, out]).reference(arrays)
    x, data, indices, indptr = arrays
    full = np.zeros((6, 6), "float32")
    for stripe in range(3):
        for block in range(indptr[stripe], indptr[stripe + 1]):
            column = 2 * indices[block]
            full[2 * stripe : 2 * stripe + 2, column : column + 2] = data[block]
    np.testing.assert_allclose(got, x @ full.T, rtol=1e-5)


def csr(x):
    rows, columns = np.nonzero(x)
    counts = np.cumsum(np.bincount(rows, minlength=len(x)))
    arrays = [x[rows, columns], columns.astype("int32"), np.array([0, *counts], "int32")]
    return [(te.placeholder(a.shape, a.dtype.name, name=f"s{n}"), a) for n, a in enumerate(arrays)]


def sparse_matrix(rows, columns):
    x = np.random.default_rng(0).uniform(-1, 1, (rows, columns)).astype("float32")
    return np.where(abs(x) < 0.6, 0, x).astype("float32")


def test_rows_are_multiplied_on_both_sides() -> None:
    (a, x) = tensors((3, 7))[0]
    y = sparse_matrix(5, 7)
    given = csr(y)
    parts = [tensor for tensor, _ in given]
    built(topi.nn.sparse_dense(a, *parts), [(a, x), *given], x @ y.T)
    built(topi.nn.sparse_dense(a, *parts, sparse_lhs=True), [(a, x), *given], y @ x.T)


def test_blocks_on_the_left_side() -> None:
    arrays = operands()
    tensors_ = [te.placeholder(a.shape, str(a.dtype)) for a in arrays]
    given = list(zip(tensors_, arrays, strict=True))
    left = topi.nn.sparse_dense(*tensors_, sparse_lhs=True)
    right = topi.nn.sparse_dense(*tensors_)
    (wanted,) = from_tensors([*tensors_, right]).reference(arrays)
    check(left, given, wanted.T)


def test_sums_and_transposed_matrices() -> None:
    (a, x), y = tensors((6, 6))[0], sparse_matrix(6, 6)
    given = csr(y)
    parts = [tensor for tensor, _ in given]
    built(topi.nn.sparse_add(a, *parts), [(a, x), *given], x + y)
    built(topi.nn.sparse_transpose(*parts), given, [array for _, array in csr(y.T)])


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize("columns", [1, 2])
def test_windows_of_one_point(layout, columns) -> None:
    _, data, indices, indptr = operands(columns=columns)
    (a, x) = tensors((1, 2, 3, 6) if layout == "NHWC" else (1, 6, 2, 3))[0]
    arrays = [data[..., 0] if columns == 1 else data, indices, indptr]
    parts = [te.placeholder(each.shape, str(each.dtype)) for each in arrays]
    given = [(a, x), *zip(parts, arrays, strict=True)]
    full = np.zeros((6, 6), "float32")
    for stripe in range(3):
        for block in range(indptr[stripe], indptr[stripe + 1]):
            at = columns * indices[block]
            full[2 * stripe : 2 * stripe + 2, at : at + columns] = data[block]
    equation = "nhwc,oc->nhwo" if layout == "NHWC" else "nchw,oc->nohw"
    check(topi.nn.sparse_conv2d(a, *parts, layout), given, np.einsum(equation, x, full))
    with pytest.raises(NotOfferedError, match="windows of 3 points"):
        topi.nn.sparse_conv2d(a, *parts, layout, 3)


def test_stripes_of_one_axis_are_refused() -> None:
    x, data, i, p = (te.placeholder((4,) * rank) for rank in (2, 2, 1, 1))
    with pytest.raises(ExpressionError, match="blocks of two axes for sparse_dense, got 2 axes"):
        topi.nn.sparse_dense(x, data, i, p)
