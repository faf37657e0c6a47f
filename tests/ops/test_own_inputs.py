"""Inputs of a user instead of random ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.errors import WorkloadError
from autosched.ops import resolve, workload
from autosched.ops.instance import WorkloadInstance
from autosched.te.tensor import Tensor


def gather(count: int, rows: int, dtype: str = "float32") -> list[Tensor]:
    A = te.placeholder((rows, 3), dtype, name="A")
    I = te.placeholder((count,), "int32", name="I")  # noqa: E741  as in books
    return [I, A, te.compute((count, 3), lambda i, j: A[I[i], j] * 1, name="B")]


def instance(given: Any, dtype: str = "float32", **params: int) -> WorkloadInstance:
    workload(name="gather", inputs=given)(gather)
    return resolve("gather", {"count": 5, "rows": 4, "dtype": dtype, **params})


def test_a_range_gives_reproducible_random_values() -> None:
    own = instance({"I": (0, 4)}, count=1000).own_inputs()
    assert list(own) == [0]
    assert own[0].dtype == np.int32
    assert (own[0].min(), own[0].max()) == (0, 3)
    np.testing.assert_array_equal(own[0], instance({"I": (0, 4)}, count=1000).own_inputs()[0])


def test_random_floats_lie_between_the_limits() -> None:
    values = instance({"A": (2.0, 3.0)}, rows=900).own_inputs()[1]
    assert values.dtype == np.float32
    assert ((values >= 2) & (values <= 3)).all()
    assert values.std() > 0.2


def test_arrays_are_used_unchanged() -> None:
    own = instance({"I": [3, 2, 1, 0, 3], "A": np.ones((4, 3))}).own_inputs()
    assert own[0].tolist() == [3, 2, 1, 0, 3]
    assert own[1].dtype == np.float32


def test_a_function_gets_the_parameters_it_names() -> None:
    def inputs(*, rows: int) -> dict[str, Any]:
        return {"I": (rows - 1, rows)}

    assert instance(inputs, rows=7).own_inputs()[0].tolist() == [6] * 5


def test_bfloat16_is_given_as_floats_or_as_bits() -> None:
    bits = np.full((4, 3), 0x3FC0, np.uint16)
    for given in (bits, np.full((4, 3), 1.5)):
        own = instance({"A": given}, "bfloat16").own_inputs()[1]
        np.testing.assert_array_equal(own, bits)


def test_the_users_inputs_replace_random_ones() -> None:
    made = instance({"I": (2, 3)}).make_inputs()
    assert made[0].tolist() == [2] * 5
    assert made[1].shape == (4, 3)


def test_random_inputs_that_are_indices_lie_within_the_dimension() -> None:
    indices, _ = instance(None, count=500, rows=40).make_inputs()
    assert (indices.min(), indices.max()) == (0, 39)


def test_symbolic_sizes() -> None:
    n = te.var("n")
    I = te.placeholder((n,), "int32", name="I")  # noqa: E741
    B = te.compute((n,), lambda i: I[i] + 1, name="B")
    given = WorkloadInstance("w", {}, (I, B), given_inputs={"I": (5, 6)})
    assert given.own_inputs({"n": 3})[0].tolist() == [5, 5, 5]


REFUSED: dict[str, Any] = {
    "which are I, A, got 'J'": {"J": (0, 4)},
    "as a mapping from names, got a list": [1],
    "as a mapping from names, got a NoneType": lambda: None,
    "expected a range (low, high) of int32 for the input I, got (4, 0)": {"I": (4, 0)},
    "for the input I, got (0, 9223372036854775807)": {"I": (0, 2**63 - 1)},
    "for the input I, got (1,)": {"I": (1,)},
    "for the input A, got ('a', 'b')": {"A": ("a", "b")},
    "expected an array of int32[5] for the input I of gather, got one of int64[2]": {"I": [1, 2]},
    "got one of float64[5]": {"I": np.zeros(5)},
    "got one of <U1[5]": {"I": list("abcde")},
    "code in the inputs of gather to run, got ZeroDivisionError": lambda: 1 // 0,
}


@pytest.mark.parametrize("says", REFUSED)
def test_invalid_arguments_are_refused(says: str) -> None:
    with pytest.raises(WorkloadError) as caught:
        instance(REFUSED[says]).own_inputs()
    assert says in caught.value.message
