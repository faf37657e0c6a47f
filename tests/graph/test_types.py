from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.graph.types import UNKNOWN, TensorType, values_of
from autosched.ir.dtype import dtype


def test_named_sizes_are_bound() -> None:
    kind = TensorType(dtype("float16"), ("n", 3, "m", "n"))
    assert str(kind) == "float16[n, 3, m, n]"
    assert kind.names == ["n", "m", "n"]
    bound = kind.bound({"n": 2, "m": 5})
    assert bound.sizes == (2, 3, 5, 2)
    assert (bound.elements, bound.bytes) == (60, 120)
    assert kind.bound({"n": 2}).names == ["m"]


def test_a_type_holds_arrays_of_its_shape() -> None:
    kind = TensorType(dtype("int64"), (3, UNKNOWN))
    assert kind.holds((3, 7))
    assert not kind.holds((2, 7))
    assert not kind.holds((3,))


def test_only_numbers_have_a_type() -> None:
    assert TensorType.of(np.ones((2, 0), bool)) == TensorType(dtype("bool"), (2, 0))
    with pytest.raises(ExpressionError, match="expected a dtype"):
        TensorType.of(np.array(["a"]))


def test_values_of_bfloat16_keep_their_type() -> None:
    bits = np.array(0x3FC0, np.uint16)
    values = values_of(bits, dtype("bfloat16"))
    assert float(values) == 1.5
    assert TensorType.of(values) == TensorType(dtype("bfloat16"), ())
    assert TensorType.of(values_of(bits, dtype("uint16"))).dtype == "uint16"
