"""The arguments and expected outputs of a workload, passed between processes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from autosched.measure.case import Argument, Case, Reference, load_case, random_input, save_case

DTYPES = ["float16", "bfloat16", "float32", "float64", "int8", "uint8", "int64", "bool"]


@pytest.mark.parametrize("dtype", DTYPES)
def test_random_inputs_are_reproducible_and_bounded(dtype: str) -> None:
    array = random_input(dtype, (50, 3), 1)
    assert np.array_equal(array, random_input(dtype, (50, 3), 1))
    assert not np.array_equal(array, random_input(dtype, (50, 3), 2))
    assert array.shape == (50, 3)
    assert array.dtype == ("uint16" if dtype == "bfloat16" else dtype)
    if dtype.startswith(("int", "uint")):
        most = {"int8": 127, "uint8": 255}.get(dtype, 8)
        magnitudes = np.abs(array.astype(int))
        assert magnitudes.min() >= 1
        assert most / 2 < magnitudes.max() <= most
    elif dtype.startswith("float"):
        assert (np.abs(array) <= 1).all()
        assert (array < 0).any()


def test_indices_are_drawn_within_their_limit() -> None:
    array = random_input("int32", (500,), 1, 40)
    assert array.dtype == "int32"
    assert (array.min(), array.max()) == (0, 39)
    assert np.array_equal(array, random_input("int32", (500,), 1, 40))


def reference() -> Reference:
    x = random_input("float32", (4, 5), 0)
    return Reference(
        (
            Argument("y", "float32", 2 * x, True),
            Argument("x", "float32", x, False),
            Argument("n", "int8", np.array(3, np.int8), True),
        ),
        1e-6,
    )


@pytest.mark.parametrize("dtype", DTYPES)
def test_arguments_without_dimensions(dtype: str, tmp_path: Path) -> None:
    number = np.asarray(random_input(dtype, (), 0))
    arguments = (Argument("y", dtype, number, True), Argument("x", dtype, number, False))
    save_case(Reference(arguments, 1e-6), tmp_path)
    case = load_case(tmp_path)
    case.poison()
    assert "at y[]" in (case.mistake() or "")
    case.outputs[0].array[...] = number
    assert case.mistake() is None
    case.inputs[0].view(f"u{case.inputs[0].dtype.itemsize}")[...] ^= 1
    assert case.mistake() == "expected no writes to the input x, got some"


def test_a_case_is_loaded_as_saved(tmp_path: Path) -> None:
    save_case(reference(), tmp_path)
    case = load_case(tmp_path)
    y, x, n = case.arguments
    np.testing.assert_array_equal(x, reference().arguments[1].array)
    assert x.ctypes.data % 64 == 0
    case.poison()
    assert "at y[0, 0]" in str(case.mistake())
    y[...] = 2 * x
    assert "expected 3 at n[]" in str(case.mistake())
    n[...] = 3
    assert case.mistake() is None


def test_a_changed_bit_of_an_input_is_a_mistake() -> None:
    case = Case(reference())
    answers = [argument.array for argument in reference().arguments if argument.is_output]
    case.poison()
    for output, answer in zip(case.outputs, answers, strict=True):
        output.array[...] = answer
    assert case.mistake() is None
    case.inputs[0].view(np.uint32)[0, 0] ^= 1
    assert case.mistake() == "expected no writes to the input x, got some"
