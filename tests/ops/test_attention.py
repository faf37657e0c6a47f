import numpy as np
import pytest

import autosched
from autosched import te
from autosched.errors import ExpressionError
from autosched.ops import resolve
from autosched.ops.attention import attention
from autosched.te.evaluate import evaluate
from tests.ops.cases import check


@pytest.mark.parametrize(
    "shape",
    [
        "heads=2 m=5 d=3",
        "b=2 heads=4 key_heads=2 m=3 n=7 d=5 mask=true",
        "heads=1 m=1 d=1",
        "heads=3 key_heads=1 m=4 n=6 d=2 causal=true",
        "heads=2 m=5 d=3 causal=true mask=true",
    ],
)
def test_agrees_with_numpy(shape):
    check(f"attention {shape}")


def test_what_does_not_fit_is_refused():
    sizes = {"heads": 3, "m": 4, "d": 2}
    with pytest.raises(ExpressionError, match="a multiple of 2 key heads, got 3"):
        resolve("attention", {**sizes, "key_heads": 2})
    with pytest.raises(ExpressionError, match="as many keys as queries for causal attention"):
        resolve("attention", {**sizes, "n": 3, "causal": True})


@pytest.mark.parametrize(("size", "scale"), [(1e3, None), (1e12, None), (1e17, None), (3, -0.5)])
@pytest.mark.parametrize("causal", [False, True])
def test_large_scores_do_not_overflow(size, scale, causal):
    q, k, v = (te.placeholder((1, 2, 5, 3), name=name) for name in "qkv")
    result = attention(q, k, v, causal=causal, scale=scale)
    random = np.random.default_rng(4)
    arrays = [random.standard_normal((1, 2, 5, 3)).astype("float32") for _ in range(3)]
    arrays[0] *= np.float32(size)
    found = np.empty((1, 2, 5, 3), "float32")
    autosched.build([q, k, v, result])(*arrays, found)
    (expected,) = evaluate([result], dict(zip((q, k, v), arrays, strict=True)))
    np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-4)
