import numpy as np
import pytest

from tests.codegen.llvm.math.harness import INF, NAN, compiled, needs_wide_reference, worst_on

SPECIAL = [0.0, -0.0, INF, -INF, NAN, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0, 0.5, -0.5, 1.5, -1.5]
SPECIAL += [1e-40, -1e-40, 1e30, -1e30, 16777215.0, 16777216.0, -3e38, 9007199254740991.0]
COUNT = 200_000


@pytest.mark.parametrize("scalar", ["float32", "float64"])
def test_special_values_are_those_of_c(scalar):
    points = np.array(SPECIAL, scalar)
    x, y = (grid.ravel() for grid in np.meshgrid(points, points))
    with np.errstate(all="ignore"):
        expected = np.power(x, y)
    actual = compiled("pow", scalar)(x, y)
    np.testing.assert_allclose(actual, expected, rtol=1e-6 if scalar == "float32" else 1e-15)
    zero = expected == 0
    np.testing.assert_array_equal(np.signbit(actual)[zero], np.signbit(expected)[zero])


def pairs(scalar: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Bases and exponents whose powers spread over the format, underflow and overflow too."""
    rng = np.random.default_rng(7)
    limit = {"float32": 128, "float64": 1024}[scalar]
    integer = {"float32": np.uint32, "float64": np.uint64}[scalar]
    base = {
        "wide": np.exp2(rng.uniform(-limit, limit, COUNT)),
        "near one": 1 + rng.uniform(-0.5, 1, COUNT) * np.exp2(rng.uniform(-20, -1, COUNT)),
    }
    pairs = {}
    for label, x in base.items():
        bounded = x.astype(scalar)
        power = rng.uniform(-1.2 * limit, limit, COUNT)
        with np.errstate(divide="ignore"):
            pairs[label] = bounded, (power / np.log2(bounded.astype(np.float64))).astype(scalar)
    bits = rng.integers(0, np.iinfo(integer).max, COUNT, integer, endpoint=True).view(scalar)
    pairs["any bits"] = bits, np.roll(bits, 1)
    negative = -np.exp2(rng.uniform(-5, 5, COUNT)).astype(scalar)
    pairs["negative"] = negative, rng.integers(-30, 30, COUNT).astype(scalar)
    return pairs


@pytest.mark.parametrize("label", ["wide", "near one", "any bits", "negative"])
def test_float32(label):
    assert worst_on("pow", np.power, *pairs("float32")[label]) < 0.75


@needs_wide_reference
@pytest.mark.parametrize("label", ["wide", "near one", "any bits", "negative"])
def test_float64(label):
    assert worst_on("pow", np.power, *pairs("float64")[label]) < 1.5
