"""Element types are their names, so that NumPy and users' scripts take them as they take text."""

import copy
import pickle

import numpy as np
import pytest

from autosched.errors import ExpressionError
from autosched.ir.dtype import dtype

NAMES = ["float16", "float32", "float64", "int8", "int64", "uint8", "uint64", "bool"]


@pytest.mark.parametrize("name", NAMES)
def test_numpy_takes_it(name: str) -> None:
    assert np.ones(3).astype(dtype(name)).dtype == np.dtype(name) == dtype(name).numpy
    assert np.zeros(3, dtype=dtype(name)).dtype == np.dtype(name)


@pytest.mark.parametrize("name", [*NAMES, "bfloat16", "float32x16"])
def test_it_is_its_name(name: str) -> None:
    assert dtype(name) == name
    assert {name: 1}[dtype(name)] == 1
    assert (str(dtype(name)), f"{dtype(name)}", dtype(name).name) == (name,) * 3
    assert type(dtype(name).name) is str


@pytest.mark.parametrize("name", ["float32", "bfloat16", "int8x4"])
def test_copies_are_the_same_object(name: str) -> None:
    assert pickle.loads(pickle.dumps(dtype(name))) is dtype(name)
    assert copy.deepcopy(dtype(name)) is dtype(name) is dtype(dtype(name))


@pytest.mark.parametrize("value", [None, "float31", "", object, [("a", int)]])
def test_what_names_no_dtype_is_refused(value: object) -> None:
    with pytest.raises(ExpressionError, match="expected a dtype, got"):
        dtype(value)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "full"),
    [("float", "float32"), ("int", "int32"), ("uintx4", "uint32x4"), ("int1", "bool")],
)
def test_names_of_the_same_type(name: str, full: str) -> None:
    assert dtype(name) is dtype(full)
    with pytest.raises(ExpressionError):
        dtype("bfloat")
