import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.batch_matmul import batch_matmul
from tests.ops.cases import check


@pytest.mark.parametrize("shape", ["b=3 m=7 n=5 k=2", "b=1 m=1 n=1 k=1", "b=5 m=1 n=11 k=13"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_agrees_with_numpy(shape, dtype):
    check(f"batch_matmul {shape} dtype={dtype}")


def test_another_batch_is_refused():
    A, B = te.placeholder((3, 7, 2), name="A"), te.placeholder((4, 2, 5), name="B")
    with pytest.raises(ExpressionError, match="dimension 0 of B of batch_matmul to be 3, got 4"):
        batch_matmul(A, B)


def test_another_depth_is_refused():
    A, B = te.placeholder((3, 7, 2), name="A"), te.placeholder((3, 4, 5), name="B")
    with pytest.raises(ExpressionError, match="dimension 1 of B of batch_matmul to be 2, got 4"):
        batch_matmul(A, B)
