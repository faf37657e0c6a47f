"""Exponentials by the instruction for powers of two, beside those by two factors."""

import llvmlite.binding as llvm
import numpy as np
import pytest

from autosched.codegen.llvm.math import definition
from autosched.codegen.llvm.math.scaling import scaling
from autosched.ir.dtype import dtype
from autosched.target.target import Target
from tests.codegen.llvm.math.harness import all_over_float32, all_over_float64, compiled

WIDE = "+avx512f,+avx512vl"


@pytest.mark.parametrize(
    ("kind", "features", "lanes"),
    [
        ("float32x64", "+avx512f", 16),
        ("float64x8", WIDE, 8),
        ("float32x8", WIDE, 8),
        ("float64x4", "+fma," + WIDE, 4),
    ],
)
def test_the_widest_instruction_is_used(kind: str, features: str, lanes: int) -> None:
    found = scaling(dtype(kind), features)
    assert found is not None
    assert found.lanes == lanes


@pytest.mark.parametrize(
    ("kind", "features"),
    [("float32x8", "+avx512f"), ("float32x48", WIDE), ("float32", WIDE), ("float32x16", "+fma")],
)
def test_other_vectors_and_machines_have_none(kind: str, features: str) -> None:
    assert scaling(dtype(kind), features) is None


@pytest.mark.parametrize("kind", ["float32x64", "float32x8", "float64x16", "float64x4"])
@pytest.mark.parametrize("name", ["exp", "exp2", "sigmoid"])
def test_it_takes_the_place_of_two_factors(name: str, kind: str) -> None:
    text = definition(name, dtype(kind), WIDE)[1]
    llvm.parse_assembly(text).verify()
    assert "scalef" in text
    assert " shl " not in text
    assert "scalef" not in definition(name, dtype(kind), "+avx2")[1]


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("name", ["exp", "exp2"])
def test_the_instructions_of_this_machine_give_the_same(name: str, scalar: str) -> None:
    x = (all_over_float32() if scalar == "float32" else all_over_float64())[::7]
    features = Target.host().features
    expected = compiled(name, scalar, 1, features)(x)  # a single lane is multiplied by two factors
    for lanes in (8, 32):
        result = compiled(name, scalar, lanes, features)(x)
        np.testing.assert_array_equal(result, expected)
