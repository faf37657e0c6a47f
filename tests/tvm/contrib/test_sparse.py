import numpy as np
import pytest

from autosched.errors import NotOfferedError
from autosched.tvm import te
from autosched.tvm.contrib import sparse

X = np.array([[0, 2, 0], [0, 0, 0], [3, 0, 4]], "float32")


def test_rows_without_their_zeros() -> None:
    made = sparse.array(X)
    assert made.data.numpy().tolist() == [2, 3, 4]
    assert made.indices.numpy().tolist() == [1, 0, 2]
    assert made.indptr.numpy().tolist() == [0, 1, 1, 3]
    assert made.shape == (3, 3)
    assert (made.numpy() == X).all()
    assert (made.asnumpy() == X).all()
    assert made.dtype == "float32"


def test_a_matrix_as_an_input() -> None:
    n = te.var("n")
    made = sparse.placeholder((n, 7), 5, "int32", "a")
    assert made.data.shape[0].value == 5
    assert str(made.indptr.shape[0]) == "n + 1"
    assert made.indices.dtype == made.indptr.dtype == made.dtype == "int32"
    assert made.stype == "csr"


def test_another_format_is_refused() -> None:
    with pytest.raises(NotOfferedError, match="the format coo"):
        sparse.array(X, stype="coo")
    with pytest.raises(NotOfferedError, match="the format coo"):
        sparse.placeholder((1, 1), stype="coo")
