"""fmod is exact: the very bits of C's for all arguments."""

import numpy as np
import pytest

from autosched.target.target import Target
from tests.codegen.llvm.math.harness import compiled

COUNT = 50_000


def pairs(scalar: str) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Pairs whose quotients are small, near whole numbers, huge, or no numbers."""
    rng = np.random.default_rng(3)
    kind, integer = np.finfo(scalar), {"float32": np.uint32, "float64": np.uint64}[scalar]
    bits = rng.integers(0, np.iinfo(integer).max, 2 * COUNT, integer, endpoint=True).view(scalar)
    divisor = rng.uniform(-10, 10, COUNT).astype(scalar)
    multiple = divisor * rng.integers(0, 2**12, COUNT).astype(scalar)
    towards = rng.choice([-np.inf, 0, np.inf], COUNT).astype(scalar)
    edges = [0.0, np.inf, np.nan, 1.0, 3.0, 7.5, 2.0**24, 2.0**53, kind.max, kind.tiny]
    edges += [kind.smallest_subnormal, 3 * kind.smallest_subnormal, np.nextafter(kind.tiny, 0)]
    special = np.array([*edges, *(-np.array(edges))], scalar)
    grid = np.meshgrid(special, special)
    return {
        "any bits": (bits[:COUNT], bits[COUNT:]),
        "usual": (rng.uniform(-1e3, 1e3, COUNT).astype(scalar), divisor),
        "multiples": (multiple, divisor),
        "near multiples": (np.nextafter(multiple, towards), divisor),
        "large multiples": (multiple * np.dtype(scalar).type(2.0 ** (kind.nmant - 12)), divisor),
        "denormal": (multiple * kind.tiny, divisor * kind.tiny),
        "special": (grid[0].ravel(), grid[1].ravel()),
    }


@pytest.mark.parametrize("features", ["", Target.host().features])
@pytest.mark.parametrize("lanes", [1, 3, 16])
@pytest.mark.parametrize("scalar", ["float32", "float64"])
def test_every_bit_is_that_of_c(scalar: str, lanes: int, features: str) -> None:
    function = compiled("fmod", scalar, lanes, features)
    integer = np.int32 if scalar == "float32" else np.int64
    with np.errstate(all="ignore"):
        for label, (x, y) in pairs(scalar).items():
            actual, expected = function(x, y), np.fmod(x, y)
            number = ~np.isnan(expected)
            np.testing.assert_array_equal(np.isnan(actual), ~number, err_msg=label)
            np.testing.assert_array_equal(
                actual[number].view(integer), expected[number].view(integer), err_msg=label
            )
