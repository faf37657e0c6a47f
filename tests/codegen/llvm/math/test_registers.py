"""Functions of float32 by registers of AVX-512: with tables, and with estimates of quotients."""

import llvmlite.binding as llvm
import numpy as np
import pytest

from autosched.codegen.llvm.math import definition
from autosched.ir.dtype import dtype
from autosched.target.target import Target
from tests.codegen.llvm.math.harness import (
    INF,
    NAN,
    all_over_float32,
    assert_same_in_any_vector,
    compiled,
    worst_ulp,
)
from tests.codegen.llvm.math.test_power import SPECIAL, pairs
from tests.codegen.llvm.math.test_sigmoids import sigmoid

HERE = Target.host().features
"""Without AVX-512 the functions are those of other machines."""

FUNCTIONS = {
    "exp": (np.exp, 1.8, "vpermi2var"),
    "exp2": (np.exp2, 1.0, "permvar"),
    "log": (np.log, 1.9, "vpermi2var"),
    "log2": (np.log2, 1.4, "vpermi2var"),
    "log10": (np.log10, 1.4, "vpermi2var"),
    "sigmoid": (sigmoid, 3.9, "rcp14"),
}


@pytest.mark.parametrize("name", [*FUNCTIONS, "pow"])
@pytest.mark.parametrize("kind", ["float32", "float32x8", "float32x48", "float32x64"])
def test_any_number_of_lanes(name: str, kind: str) -> None:
    text = definition(name, dtype(kind), "+fma,+avx512f")[1]
    llvm.parse_assembly(text).verify()
    assert (FUNCTIONS[name][2] if name in FUNCTIONS else "vpermi2var") in text
    assert "fdiv" not in text


@pytest.mark.parametrize("name", [*FUNCTIONS, "pow"])
def test_other_numbers_and_machines_do_without(name: str) -> None:
    for kind, features in (("float64x8", "+avx512f"), ("float32x16", "+avx2,+fma")):
        text = definition(name, dtype(kind), features)[1]
        assert not any(word in text for word in ("permvar", "vpermi2var", "rcp14"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_of_this_machine(name: str) -> None:
    exact, bound, _ = FUNCTIONS[name]
    x = all_over_float32()
    with np.errstate(all="ignore"):
        expected = exact(x.astype(np.float64))
    assert worst_ulp(compiled(name, "float32", 64, HERE)(x), expected) < bound


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("exp", {-0.0: 1.0, INF: INF, -INF: 0.0, NAN: NAN, 2000.0: INF, -2000.0: 0.0}),
        ("exp2", {-0.0: 1.0, INF: INF, -INF: 0.0, NAN: NAN, 2000.0: INF, -149.0: 2.0**-149}),
        (
            "log",
            {-0.0: -INF, 1.0: 0.0, INF: INF, -1.0: NAN, -INF: NAN, NAN: NAN},
        ),
        ("sigmoid", {0.0: 0.5, INF: 1.0, -INF: 0.0, NAN: NAN, 2000.0: 1.0, -2000.0: 0.0}),
    ],
)
def test_special_values(name: str, values: dict[float, float]) -> None:
    actual = compiled(name, "float32", 16, HERE)(np.float32([*values]))
    np.testing.assert_array_equal(actual, np.float32([*values.values()]))


@pytest.mark.parametrize("label", ["wide", "near one", "any bits", "negative"])
def test_powers(label: str) -> None:
    x, y = pairs("float32")[label]
    with np.errstate(all="ignore"):
        exact = np.power(x.astype(np.float64), y.astype(np.float64))
    assert worst_ulp(compiled("pow", "float32", 16, HERE)(x, y), exact) < 2.0


@pytest.mark.parametrize("label", ["wide", "any bits"])
def test_a_power_is_the_same_beside_special_cases(label: str) -> None:
    x, y = (numbers[:20_000] for numbers in pairs("float32")[label])
    expected = compiled("pow", "float32", 1, HERE)(x, y)
    for lanes in (3, 16, 64):
        np.testing.assert_array_equal(compiled("pow", "float32", lanes, HERE)(x, y), expected)


def test_special_powers() -> None:
    x, y = (grid.ravel() for grid in np.meshgrid(*[np.float32(SPECIAL)] * 2))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    actual = compiled("pow", "float32", 16, HERE)(x, y)
    np.testing.assert_allclose(actual, expected, rtol=1e-6)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(actual)[zero], np.signbit(expected)[zero])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_has_one_result_in_any_vector(name: str) -> None:
    assert_same_in_any_vector(name, HERE)
