import numpy as np
import pytest

from autosched.tvm import te, topi
from autosched.tvm.topi.nn import SQNN_DTYPE_TO_CODE
from tests.tvm.topi.checks import check, tensors


@pytest.mark.parametrize("dtype", SQNN_DTYPE_TO_CODE)
@pytest.mark.parametrize("channels", [1, 5])
def test_rounding_to_a_dtype_of_the_call(dtype, channels):
    (a, x), (s, scale) = tensors((2, 5, 3), (channels,), low=0.001, high=0.01)
    x = (x - 0.005) * 500
    code, points = te.placeholder((), "int32"), te.placeholder((channels,), "int32")
    offsets = np.arange(channels, dtype="int32") - 2
    numbers = [(code, np.array(SQNN_DTYPE_TO_CODE[dtype], "int32")), (s, scale), (points, offsets)]
    along = (slice(None), np.newaxis)
    if dtype == "disable":
        quantized = restored = x
    else:
        limits = np.iinfo(dtype)
        exact = np.round(x / scale[along]) + offsets[along].astype("float32")
        quantized = np.clip(exact, np.float32(limits.min), np.float32(limits.max))
        restored = (x - offsets[along]) * scale[along]
    found = topi.nn.simulated_quantize(a, code, s, points, axis=1)
    check(found, [(a, x), *numbers], quantized)
    found = topi.nn.simulated_dequantize(a, code, s, points, axis=-2)
    check(found, [(a, x), *numbers], restored.astype("float32"))
