"""tanh and erf in pieces: from tables of coefficients, by an instruction of AVX-512."""

import math

import llvmlite.binding as llvm
import numpy as np
import pytest

from autosched.codegen.llvm.math import definition
from autosched.codegen.llvm.math.pieces import COUNT, ERF, TANH
from autosched.ir.dtype import dtype
from autosched.target.target import Target
from tests.codegen.llvm.math.harness import (
    all_over_float32,
    assert_same_in_any_vector,
    compiled,
    worst_ulp,
)

FUNCTIONS = {"erf": (ERF, np.vectorize(math.erf), 2.5), "tanh": (TANH, np.tanh, 2.0)}
HERE = Target.host().features
"""Without AVX-512 the functions are those of other machines."""


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("kind", ["float32", "float32x8", "float32x48", "float32x64"])
def test_any_number_of_lanes_is_looked_up(name: str, kind: str) -> None:
    text = definition(name, dtype(kind), "+fma,+avx512f")[1]
    llvm.parse_assembly(text).verify()
    assert "vpermi2var" in text
    assert "fdiv" not in text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_other_numbers_and_machines_have_no_tables(name: str) -> None:
    assert "vpermi2var" not in definition(name, dtype("float64x8"), "+avx512f")[1]
    assert "vpermi2var" not in definition(name, dtype("float32x16"), "+avx2,+fma")[1]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_pieces_meet_the_function(name: str) -> None:
    pieces, exact, _ = FUNCTIONS[name]
    x = np.linspace(0, pieces.last, 50_001)[1:]
    place = np.minimum(np.rint(x * pieces.inverse_step).astype(int), COUNT - 1)
    value, slope, *rest = (np.array(block)[place] for block in pieces.blocks)
    t = x - place / pieces.inverse_step
    curve = sum(coefficient * t**n for n, coefficient in enumerate(rest))
    worst = np.abs((value + slope * t + curve * t**2) / exact(x) - 1).max()
    assert worst < 2.0**-23.3


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_of_this_machine(name: str) -> None:
    x = all_over_float32()[::5]
    y = compiled(name, "float32", 64, HERE)(x)
    with np.errstate(all="ignore"):
        exact = FUNCTIONS[name][1](x.astype(np.float64))
    assert worst_ulp(y, exact) < FUNCTIONS[name][2]
    assert np.nanmax(np.abs(y)) == 1.0


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_is_odd_and_keeps_special_values(name: str) -> None:
    function = compiled(name, "float32", 16, HERE)
    x = all_over_float32()[::50]
    np.testing.assert_array_equal(function(-x), -function(x))
    given = np.array([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e30], np.float32)
    result = function(given)
    np.testing.assert_array_equal(result, np.float32([np.nan, 1, -1, 0, -0.0, 1]))
    assert list(np.signbit(result[3:5])) == [False, True]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_has_one_result_in_any_vector(name: str) -> None:
    assert_same_in_any_vector(name, HERE)
