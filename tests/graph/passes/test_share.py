from __future__ import annotations

from autosched.graph.passes.share import share
from tests.graph.passes.checking import after, kinds


def test_equal_constants_are_one() -> None:
    lines = ["a: float32[2] = constant [1, 2]", "b: float32[2] = constant [1, 2]"]
    new = after(share, "x: float32[2]", *lines, "y = add(x, a)", "w = add(x, b)", "z = mul(y, w)")
    assert kinds(new) == ["add", "mul"]
    assert len(new.constants) == 1


def test_constants_of_another_type_or_other_bits_stay() -> None:
    lines = ["a: float32[2] = constant [0, 1]", "b: float32[2] = constant [-0.0, 1]",
             "c: float32[1, 2] = constant [0, 1]"]  # fmt: skip
    body = ["y = add(x, a)", "w = add(x, b)", "v = add(x, c)", "s = add(y, w)", "z = add(s, v)"]
    assert len(after(share, "x: float32[2]", *lines, *body).constants) == 3


def test_large_constants_are_not_compared() -> None:
    lines = [f"{name}: float32[2048] = any" for name in "ab"]
    new = after(
        share, "x: float32[2048]", *lines, "y = add(x, a)", "w = add(x, b)", "z = mul(y, w)"
    )
    assert len(new.constants) == 2


def test_fills_that_differ_by_their_signs_stay() -> None:
    body = ["y = band(x, fill=0.0, low=0)", "w = band(x, fill=-0.0, low=0)", "z = concat(y, w)"]
    assert kinds(after(share, "x: float32[2, 2]", *body)) == ["band", "band", "concat"]
    same = [line.replace("-0.0", "0.0") for line in body]
    assert kinds(after(share, "x: float32[2, 2]", *same)) == ["band", "concat"]
