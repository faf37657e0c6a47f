"""Functions by registers of AVX-512: with tables, and with estimates of quotients."""

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
    all_over_float64,
    assert_same_in_any_vector,
    compiled,
    needs_wide_reference,
    worst_on,
    worst_ulp,
)
from tests.codegen.llvm.math.test_power import SPECIAL, pairs
from tests.codegen.llvm.math.test_sigmoids import sigmoid

HERE = Target.host().features
"""Without AVX-512 the functions are those of other machines."""

FUNCTIONS = {
    "exp": (np.exp, 1.8, "vpermi2var"),
    "exp2": (np.exp2, 1.0, "permvar"),
    "log": (np.log, 1.6, "vpermi2var"),
    "log2": (np.log2, 1.6, "vpermi2var"),
    "log10": (np.log10, 2.2, "vpermi2var"),
    "log1p": (np.log1p, 1.6, "vpermi2var"),
    "sigmoid": (sigmoid, 3.9, "rcp14"),
    "tan": (np.tan, 2.5, "rcp14"),
}

LOGARITHMS = {"log": np.log, "log2": np.log2, "log10": np.log10, "log1p": np.log1p}
OF_LOGARITHMS = {
    "asinh": (np.arcsinh, 2.6),
    "acosh": (np.arccosh, 2.6),
    "atanh": (np.arctanh, 2.8),
}


@pytest.mark.parametrize("name", [*FUNCTIONS, "pow"])
@pytest.mark.parametrize("kind", ["float32", "float32x8", "float32x48", "float32x64"])
def test_any_number_of_lanes(name: str, kind: str) -> None:
    text = definition(name, dtype(kind), "+fma,+avx512f")[1]
    llvm.parse_assembly(text).verify()
    assert (FUNCTIONS[name][2] if name in FUNCTIONS else "vpermi2var") in text
    assert "fdiv" not in text


@pytest.mark.parametrize("name", [*LOGARITHMS, "pow"])
@pytest.mark.parametrize("kind", ["float64", "float64x4", "float64x24", "float64x32"])
def test_any_number_of_lanes_of_float64(name: str, kind: str) -> None:
    text = definition(name, dtype(kind), "+fma,+avx512f")[1]
    llvm.parse_assembly(text).verify()
    assert "vpermi2var.pd" in text
    assert "fdiv" not in text


@pytest.mark.parametrize("name", [*FUNCTIONS, "pow"])
def test_other_machines_do_without(name: str) -> None:
    for kind in ("float64x8", "float32x16"):
        text = definition(name, dtype(kind), "+avx2,+fma")[1]
        assert not any(word in text for word in ("permvar", "vpermi2var", "rcp14", "avx512"))


@pytest.mark.parametrize("name", ["exp", "exp2", "sigmoid", "tanh", "erf", "tan"])
def test_some_functions_of_float64_do_without(name: str) -> None:
    text = definition(name, dtype("float64x8"), "+avx512f")[1]
    assert not any(word in text for word in ("permvar", "vpermi2var", "rcp14"))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_numbers_of_this_machine(name: str) -> None:
    exact, bound, _ = FUNCTIONS[name]
    x = all_over_float32()
    with np.errstate(all="ignore"):
        expected = exact(x.astype(np.float64))
    assert worst_ulp(compiled(name, "float32", 64, HERE)(x), expected) < bound


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("name", OF_LOGARITHMS)
@needs_wide_reference
def test_functions_by_logarithms(name: str, scalar: str) -> None:
    exact, bound = OF_LOGARITHMS[name]
    x = all_over_float32() if scalar == "float32" else all_over_float64()
    assert worst_on(name, exact, x, features=HERE) < bound


@needs_wide_reference
@pytest.mark.parametrize("name", LOGARITHMS)
def test_logarithms_of_float64(name: str) -> None:
    assert worst_on(name, LOGARITHMS[name], all_over_float64(), features=HERE) < 1.7


@pytest.mark.parametrize("scalar", ["float32", "float64"])
def test_powers_of_two_have_whole_logarithms(scalar: str) -> None:
    kind = np.finfo(scalar)
    exponents = np.arange(kind.minexp - kind.nmant, kind.maxexp)
    powers = np.ldexp(kind.dtype.type(1), exponents)
    np.testing.assert_array_equal(compiled("log2", scalar, 16, HERE)(powers), exponents)


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("exp", {-0.0: 1.0, INF: INF, -INF: 0.0, NAN: NAN, 2000.0: INF, -2000.0: 0.0}),
        ("exp2", {-0.0: 1.0, INF: INF, -INF: 0.0, NAN: NAN, 2000.0: INF, -149.0: 2.0**-149}),
        *(
            (name, {-0.0: -INF, 1.0: 0.0, INF: INF, -1.0: NAN, -INF: NAN, NAN: NAN})
            for name in ("log", "log2", "log10")
        ),
        ("log1p", {-1.0: -INF, -0.0: -0.0, INF: INF, -1.5: NAN, -INF: NAN, NAN: NAN}),
        ("log1p", {0.0: 0.0, 1e-40: 1e-40, -1e-40: -1e-40, -1e30: NAN}),
        ("asinh", {INF: INF, -INF: -INF, NAN: NAN, -0.0: -0.0}),
        ("acosh", {1.0: 0.0, 0.5: NAN, -1e20: NAN, INF: INF, -INF: NAN, NAN: NAN}),
        ("atanh", {1.0: INF, -1.0: -INF, 1.5: NAN, INF: NAN, -INF: NAN, NAN: NAN, -0.0: -0.0}),
        ("tan", {-0.0: -0.0, INF: NAN, -INF: NAN, NAN: NAN, 1e-40: 1e-40}),
        ("sigmoid", {0.0: 0.5, INF: 1.0, -INF: 0.0, NAN: NAN, 2000.0: 1.0, -2000.0: 0.0}),
    ],
)
def test_special_values(name: str, values: dict[float, float], scalar: str) -> None:
    actual = compiled(name, scalar, 16, HERE)(np.array([*values], scalar))
    expected = np.array([*values.values()], scalar)
    np.testing.assert_array_equal(actual, expected)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(actual)[zero], np.signbit(expected)[zero])


@needs_wide_reference
@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("label", ["wide", "near one", "any bits", "negative"])
def test_powers(label: str, scalar: str) -> None:
    bound = 1.2 if scalar == "float32" else 3.3
    assert worst_on("pow", np.power, *pairs(scalar)[label], features=HERE) < bound


@pytest.mark.parametrize("scalar", ["float32", "float64"])
@pytest.mark.parametrize("label", ["wide", "any bits"])
def test_a_power_is_the_same_beside_special_cases(label: str, scalar: str) -> None:
    x, y = (numbers[:20_000] for numbers in pairs(scalar)[label])
    expected = compiled("pow", scalar, 1, HERE)(x, y)
    for lanes in (3, 16, 64):
        np.testing.assert_array_equal(compiled("pow", scalar, lanes, HERE)(x, y), expected)


@pytest.mark.parametrize("scalar", ["float32", "float64"])
def test_special_powers(scalar: str) -> None:
    x, y = (grid.ravel() for grid in np.meshgrid(*[np.array(SPECIAL, scalar)] * 2))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    actual = compiled("pow", scalar, 16, HERE)(x, y)
    np.testing.assert_allclose(actual, expected, rtol=1e-6 if scalar == "float32" else 1e-15)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(actual)[zero], np.signbit(expected)[zero])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_number_has_one_result_in_any_vector(name: str) -> None:
    assert_same_in_any_vector(name, HERE)


@pytest.mark.parametrize("name", LOGARITHMS)
def test_a_float64_has_one_result_in_any_vector(name: str) -> None:
    x = all_over_float64()[::50]
    expected = compiled(name, "float64", 16, HERE)(x)
    for lanes in (1, 3, 24, 32):
        np.testing.assert_array_equal(compiled(name, "float64", lanes, HERE)(x), expected)
