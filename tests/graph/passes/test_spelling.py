from __future__ import annotations

import pytest

from autosched.graph.graph import Node, Value
from autosched.graph.operators.contraction import Einsum, MatMul
from autosched.graph.operators.operator import Operator
from autosched.graph.passes.spelling import Spelled, spelled
from autosched.graph.types import TensorType
from autosched.ir.dtype import dtype

FLOAT = dtype("float32")


@pytest.mark.parametrize(
    ("operator", "ranks", "found"),
    [
        (MatMul(), (2, 2), Spelled(("ac", "cb"), "ab")),
        (MatMul(transpose_a=True, transpose_b=True), (2, 2), Spelled(("ca", "bc"), "ab")),
        (MatMul(), (4, 3), Spelled(("abce", "bed"), "abcd")),
        (Einsum("xy, zy -> xz"), (2, 2), Spelled(("xy", "zy"), "xz")),
        (MatMul(), (1, 2), None),
        (MatMul(out_dtype=FLOAT), (2, 2), None),
        (Einsum("xx,xy->xy"), (2, 2), None),
        (Einsum("...x,xy->...y"), (3, 2), None),
        (Einsum("x,xy"), (1, 2), None),
        (Einsum("xy->yx"), (2,), None),
    ],
    ids=str,
)
def test_contractions_by_letters(
    operator: Operator, ranks: tuple[int, ...], found: Spelled | None
) -> None:
    inputs = tuple(Value("x", TensorType(FLOAT, (2,) * rank)) for rank in ranks)
    assert spelled(Node(operator, inputs, (Value("y"),), "y")) == found
