from __future__ import annotations

import pytest

from autosched.graph.passes.wide_sums import wide_sums
from tests.graph.passes.checking import after, kinds

HALVES = [
    "w: float16[4, 4] = any",
    "g: float16[4] = any",
    "a: int64[1] = constant [1]",
    "k: float16[4, 4, 1] = any",
]


@pytest.mark.parametrize("line", ["z = softmax(x)", "z = sum(x, a)"])
def test_sums_are_computed_in_float32(line: str) -> None:
    new = after(wide_sums, "x: float16[3, 4]", *HALVES, line)
    assert [kinds(new)[place] for place in (0, -1)] == ["cast", "cast"]
    assert new.nodes[1].outputs[0].type.dtype.name == "float32"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("x: float16[3, 4]", "z = matmul(x, w)"),
        ("x: float16[3, 4]", "z = matmul(x, w, transpose_b=True)"),
        ("x: float16[2, 4, 5]", "z = conv(x, k)"),
    ],
)
def test_products_read_their_operands_as_they_are(given: str, line: str) -> None:
    new = after(wide_sums, given, *HALVES, line)
    product, cast = new.nodes
    assert product.operator.out_dtype == "float32"  # type: ignore[attr-defined]
    assert cast.operator.to == "float16"  # type: ignore[attr-defined]


def test_a_bias_is_added_in_float32() -> None:
    new = after(wide_sums, "x: float16[2, 4, 5]", *HALVES, "z = conv(x, k, g)")
    assert kinds(new) == ["cast", "conv", "cast"]


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_conversions_before_products_are_left_out(kind: str) -> None:
    """The other operand may be one of float32."""
    lines = ["b = cast(w, to=float32)", "c = cast(x, to=float32)", "z = matmul(c, b)"]
    new = after(wide_sums, f"x: {kind}[3, 4]", *HALVES, *lines)
    assert kinds(new) == ["matmul"] if kind == "float16" else ["cast", "matmul"]
    assert new.nodes[-1].given[1].type.dtype.name == "float16"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("kind", "line"),
    [
        ("float32", "z = matmul(x, x)"),
        ("float16", "z = max(x, a)"),
        ("float16", "z = add(x, x)"),
        ("float16", "z = matmul(x, x, out_dtype=float16)"),
        ("float32", "z = softmax(x)"),
    ],
)
def test_others_stay(kind: str, line: str) -> None:
    new = after(wide_sums, f"x: {kind}[4, 4]", "a: int64[1] = constant [1]", line)
    assert len(new.nodes) == 1
