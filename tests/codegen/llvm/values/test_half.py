"""float16 on processors that have no instructions to convert it."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.ir import build as b
from autosched.target.target import Target
from tests.codegen.llvm.harness import buffer, compiled, function, loop, read, run, write

OLD = Target("cpu", "x86-64", "+sse2", 128, 1, 1, 1, 1, Target.host().triple)
HALVES = np.arange(1 << 16, dtype=np.uint16).view(np.float16)


def converted(values: np.ndarray, kind: str, lanes: int) -> np.ndarray:
    """The values by compiled code, so many at once."""
    blocks = len(values) // lanes
    source = buffer("A", [blocks, lanes], str(values.dtype))
    result = buffer("B", [blocks, lanes], kind)
    every = b.ramp(b.const(0), 1, lanes)
    copy = loop(
        "i", blocks, lambda i: write(result, i, every, b.cast(read(source, i, every), kind))
    )
    nest = function([source, result], copy)
    found = np.zeros(blocks * lanes, result.dtype.numpy)
    run(compiled(nest, target=OLD), nest, [values[: blocks * lanes].copy(), found])
    return found


@pytest.mark.parametrize("lanes", [1, 8, 12])
@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_every_half_is_widened(kind: str, lanes: int) -> None:
    found = converted(HALVES, kind, lanes)
    np.testing.assert_array_equal(found, HALVES[: len(found)].astype(kind))


@pytest.mark.parametrize("lanes", [1, 8, 12])
def test_floats_are_rounded_to_the_nearest_half(lanes: int) -> None:
    exact = np.sort(HALVES[np.isfinite(HALVES)]).astype(np.float32)
    between = (exact[1:] + exact[:-1]) / 2  # ties
    far = np.array([65519, 65520, 65536, 1e9, 1e38, 1e-30, 1e-45, np.inf, np.nan], np.float32)
    values = np.concatenate([exact, between, far, -far])
    near = [np.nextafter(values, np.float32(side)) for side in (-np.inf, np.inf)]
    values = np.concatenate([values, *near])
    found = converted(values, "float16", lanes)
    with np.errstate(over="ignore"):
        wanted = values[: len(found)].astype(np.float16)
    assert np.array_equal(np.isnan(found), np.isnan(wanted))
    number = ~np.isnan(wanted)
    assert np.array_equal(found[number].view(np.uint16), wanted[number].view(np.uint16))


def test_integers_become_halves_and_halves_integers() -> None:
    values = np.arange(-3000, 3000, dtype=np.int32)
    halves = converted(values, "float16", 8)
    assert np.array_equal(halves, values.astype(np.float16))
    assert np.array_equal(converted(halves, "int32", 8), values.astype(np.float16).astype(np.int32))


def test_a_half_that_is_not_zero_is_true() -> None:
    values = np.array([0.0, -0.0, 6e-8, -1.0, np.nan, np.inf, 0.0, 2.0], np.float16)
    assert np.array_equal(converted(values, "bool", 8), values.astype(bool))
