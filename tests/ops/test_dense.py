import pytest

from autosched import te
from autosched.errors import ExpressionError
from autosched.ops.dense import dense
from tests.ops.cases import check


@pytest.mark.parametrize("activation", ["none", "relu", "gelu", "tanh", "sigmoid"])
@pytest.mark.parametrize("bias", ["true", "false"])
def test_agrees_with_numpy(activation, bias):
    check(f"dense m=5 n=7 k=11 bias={bias} activation={activation}")


def test_weights_are_constants_and_stages_are_apart():
    instance = check("dense m=1 n=13 k=1 bias=true activation=relu")
    assert [tensor.op.constant for tensor in instance.inputs] == [False, True, True]
    relu = instance.outputs[0]
    assert [tensor.name for tensor in relu.op.input_tensors] == ["bias_add"]


def test_invalid_arguments_are_refused():
    x, weight = te.placeholder((5, 11), name="x"), te.placeholder((7, 11), name="weight")
    with pytest.raises(ExpressionError, match="dimension 1 of weight of dense to be 11, got 12"):
        dense(x, te.placeholder((7, 12), name="weight"))
    with pytest.raises(ExpressionError, match="dimension 0 of bias of dense to be 7, got 5"):
        dense(x, weight, te.placeholder((5,), name="bias"))
    with pytest.raises(ExpressionError, match=r"expected one of none, relu, .* got 'swish'"):
        dense(x, weight, activation="swish")
    whole = [te.placeholder((5, 11), "int32"), te.placeholder((7, 11), "int32")]
    with pytest.raises(ExpressionError, match="expected a float dtype"):
        dense(*whole, activation="gelu")
