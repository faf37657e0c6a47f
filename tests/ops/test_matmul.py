import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.matmul import batch_matmul, matmul
from tests.ops.cases import check


@pytest.mark.parametrize(
    "shape", ["m=7 n=5 k=3", "m=1 n=1 k=1", "m=1 n=13 k=7", "m=17 n=1 k=31", "m=37 n=41 k=1"]
)
@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8"])
def test_agrees_with_numpy(shape, dtype):
    check(f"matmul {shape} dtype={dtype}")


def test_half_precision():
    check("matmul m=7 n=5 k=3 dtype=float16", rtol=2e-3, atol=1e-3)


def test_small_integers_may_be_summed_in_larger_ones():
    instance = check("matmul m=7 n=5 k=101 dtype=int8 out_dtype=int32")
    assert instance.outputs[0].dtype.name == "int32"


@pytest.mark.parametrize("a", ["true", "false"])
@pytest.mark.parametrize("b", ["true", "false"])
def test_operands_may_be_transposed(a, b):
    check(f"matmul m=7 n=5 k=3 transpose_a={a} transpose_b={b}")
    check(f"batch_matmul b=2 m=7 n=5 k=3 transpose_a={a} transpose_b={b}")


def test_the_right_operand_may_be_constant():
    instance = check("matmul m=7 n=5 k=3 constant_b=true")
    assert [tensor.op.constant for tensor in instance.inputs] == [False, True]


@pytest.mark.parametrize("shape", ["b=3 m=7 n=5 k=2", "b=1 m=1 n=1 k=1", "b=5 m=1 n=11 k=13"])
@pytest.mark.parametrize("dtype", ["float32", "float64", "int16"])
def test_batches_agree_with_numpy(shape, dtype):
    check(f"batch_matmul {shape} dtype={dtype}")


def test_batches_of_half_precision_are_summed_in_single():
    check("batch_matmul b=2 m=7 n=5 k=3 dtype=float16 out_dtype=float32")


def test_operands_are_no_constants_and_flops_are_twice_the_volume():
    instance = check("matmul m=7 n=5 k=3")
    assert not any(tensor.op.constant for tensor in instance.inputs)
    assert instance.flops == 2 * 7 * 5 * 3
    assert [tensor.name for tensor in instance.tensors] == ["A", "B", "matmul"]


def test_symbolic_sizes():
    n = te.var("n")
    A, B = te.placeholder((n, 3), name="A"), te.placeholder((3, n), name="B")
    assert matmul(A, B).shape == (n, n)


A = te.placeholder((7, 3), name="A")
n = te.var("n")
REFUSED = {
    "expected B of matmul to have 2 dimensions (k, n), got 1": te.placeholder((3,), name="B"),
    "expected dimension 0 of B of matmul to be 3, got 4": te.placeholder((4, 5), name="B"),
    "expected dimension 0 of B of matmul to be 3, got n": te.placeholder((n, 5), name="B"),
    "expected B of matmul to have the dtype float32 of A, got int8": te.placeholder(
        (3, 5), "int8", name="B"
    ),
}  # fmt: skip


@pytest.mark.parametrize("sentence", REFUSED)
def test_operands_that_do_not_fit_are_refused(sentence):
    with pytest.raises(ExpressionError) as caught:
        matmul(A, REFUSED[sentence])
    assert caught.value.message == sentence


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ((4, 2, 5), "dimension 0 of B of batch_matmul to be 3, got 4"),
        ((3, 4, 5), "dimension 1 of B of batch_matmul to be 2, got 4"),
    ],
)
def test_batches_that_do_not_fit_are_refused(shape, sentence):
    left = te.placeholder((3, 7, 2), name="A")
    with pytest.raises(ExpressionError, match=sentence):
        batch_matmul(left, te.placeholder(shape, name="B"))
