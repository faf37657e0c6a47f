import pytest

from tests.ops.cases import check


@pytest.mark.parametrize("shape", ["m=5 n=7 k=3", "m=1 n=1 k=1 activation=gelu_tanh"])
def test_agrees_with_numpy(shape):
    check(f"gated_dense {shape}")
