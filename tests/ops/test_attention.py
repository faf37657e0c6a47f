import pytest

from autosched.errors import ExpressionError
from autosched.ops import resolve
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
