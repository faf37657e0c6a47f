"""Expressions that are a workload with a packed form are told by their structure."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autosched import te
from autosched.backends.vta.packed import packed_form
from autosched.backends.vta.packed.recognize import recognized
from autosched.ops.instance import WorkloadInstance
from autosched.ops.resolve import as_instance, resolve


def renamed(name: str, params: dict[str, Any]) -> WorkloadInstance:
    """The tensors of a workload, without its name."""
    return as_instance(list(resolve(name, params).tensors))


@pytest.mark.parametrize(
    ("name", "params"),
    [
        ("relu_int8", {"c": 3, "h": 4, "w": 5}),
        ("max_pool2d_int8", {"c": 3, "h": 7, "w": 6, "k": 3, "stride": 2, "padding": 1}),
        ("max_pool2d_int8", {"n": 2, "c": 3, "h": 4, "w": 4, "k": 2}),
    ],
)
def test_a_workload_is_recognized_and_packed(name: str, params: dict[str, Any]) -> None:
    instance = renamed(name, params)
    found = recognized(instance)
    assert found is not None
    assert (found.name, found.params) == (name, resolve(name, params).params)
    form = packed_form(instance)
    assert form.instance is instance
    arrays = instance.make_inputs(3)
    by_name = packed_form(resolve(name, params))
    for got, wanted in zip(form.pack(arrays), by_name.pack(arrays), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_other_expressions_are_none() -> None:
    assert recognized(renamed("relu", {"m": 4, "n": 5})) is None
    assert recognized(renamed("add_int8", {"c": 3, "h": 4, "w": 5})) is None
    x = te.placeholder((1, 3, 4, 4), "int8", name="x")
    y = te.compute(x.shape, lambda *i: te.maximum(x(*i), 1), name="y")
    assert recognized(as_instance([x, y])) is None
