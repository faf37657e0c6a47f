import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops import elementwise
from tests.ops.cases import check

UNARY = [
    "relu", "gelu", "gelu_tanh", "sigmoid", "silu", "mish", "hard_swish", "tanh", "exp"
]  # fmt: skip


@pytest.mark.parametrize("name", [*UNARY, "add", "mul"])
@pytest.mark.parametrize("shape", ["m=5 n=7", "m=1 n=1", "m=1 n=31"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_agrees_with_numpy(name, shape, dtype):
    check(f"{name} {shape} dtype={dtype}")


@pytest.mark.parametrize("name", ["relu", "add", "mul"])
def test_integers(name):
    check(f"{name} m=5 n=7 dtype=int16")


@pytest.mark.parametrize("name", UNARY)
def test_any_rank(name):
    operator = getattr(elementwise, name)
    assert operator(te.placeholder((2, 3, 5))).ndim == 3
    assert operator(te.placeholder(())).ndim == 0


def test_invalid_arguments_are_refused():
    a = te.placeholder((2, 3), name="a")
    with pytest.raises(ExpressionError, match="expected b of add to have 2 dimensions, got 1"):
        elementwise.add(a, te.placeholder((3,), name="b"))
    with pytest.raises(ExpressionError, match="dimension 1 of b of mul to be 3, got 4"):
        elementwise.mul(a, te.placeholder((2, 4), name="b"))
    with pytest.raises(ExpressionError, match="expected a float dtype for c of exp, got int32"):
        elementwise.exp(te.placeholder((2,), "int32", name="c"))
    with pytest.raises(ExpressionError, match="expected numbers in c of relu, got bools"):
        elementwise.relu(te.placeholder((2,), "bool", name="c"))
