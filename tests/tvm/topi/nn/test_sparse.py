import numpy as np
import pytest

from autosched.errors import NotOfferedError
from autosched.ops.instance import from_tensors
from autosched.tvm import te, topi
from autosched.tvm.topi.nn.sparse import sparse_dense


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


def test_rows_without_blocks_are_refused() -> None:
    x, data, i, p = (
        te.placeholder((4,) * n, name=c) for n, c in ((2, "x"), (1, "d"), (1, "i"), (1, "p"))
    )
    with pytest.raises(NotOfferedError, match="without blocks"):
        sparse_dense(x, data, i, p)
