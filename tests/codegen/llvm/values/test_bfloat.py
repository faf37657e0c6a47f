"""bfloat16 of float32, for every pattern of the upper half and what decides below it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched.codegen.compile import compile_text
from autosched.codegen.llvm.emit import emit
from autosched.ir import build
from autosched.target.target import Target
from tests.codegen.llvm.harness import buffer, function, loop, read, run, write

LOWER = (0, 1, 0x7FFF, 0x8000, 0x8001, 0xFFFF)
PATTERNS = (np.arange(1 << 16, dtype=np.uint32)[:, None] << 16 | np.array(LOWER, np.uint32)).ravel()


def nearest(patterns: np.ndarray) -> np.ndarray:
    """The bits of the nearest bfloat16, ties to even; of NaN a quiet one."""
    lower, upper = patterns & 0xFFFF, patterns >> 16
    up = (lower > 0x8000) | ((lower == 0x8000) & (upper & 1 == 1))
    is_nan = (patterns & 0x7FFFFFFF) > 0x7F800000
    return np.where(is_nan, upper | 0x40, upper + up).astype(np.uint16)


@pytest.mark.parametrize("lanes", [1, 4, 8, 12, 16, 32, 48, 64])
def test_every_number_is_rounded_to_the_nearest(lanes: int) -> None:
    # Neighbours differ in size, so that some vectors have denormals beside other numbers.
    mixed = np.random.default_rng(lanes).permutation(PATTERNS)
    patterns = np.concatenate([PATTERNS, mixed])
    patterns = np.resize(patterns, -(-patterns.size // lanes) * lanes)
    size = patterns.size
    x, y = buffer("x", [size]), buffer("y", [size], "bfloat16")

    def body(i):
        at = build.ramp(i * lanes, 1, lanes) if lanes > 1 else i
        return write(y, at, build.cast(read(x, at), "bfloat16"))

    nest = function([x, y], loop("i", size // lanes, body))
    target = Target.host()
    found = np.zeros(size, np.uint16)
    run(compile_text(emit(nest, target=target), target), nest, [patterns.view(np.float32), found])
    np.testing.assert_array_equal(found, nearest(patterns))


def test_the_instruction_is_used_beside_a_branch_for_denormals() -> None:
    x, y = buffer("x", [32]), buffer("y", [32], "bfloat16")
    at = build.ramp(build.const(0), 1, 32)
    nest = function([x, y], write(y, at, build.cast(read(x, at), "bfloat16")))
    features = "+avx512f,+avx512bf16,+avx512dq,+avx512vl"
    assert "fpclass" in emit(nest, target=replace(Target.host(), features=features))
    assert "fpclass" not in emit(nest, target=replace(Target.host(), features="+avx512f"))


@pytest.mark.parametrize("which", ["min", "max"])
def test_the_least_and_the_greatest_are_not_rounded_again(which: str) -> None:
    x, y = buffer("x", [16], "bfloat16"), buffer("y", [16], "bfloat16")
    at = build.ramp(build.const(0), 1, 16)
    chosen = getattr(build, f"{which}imum")(read(x, at), read(y, at))
    assert "32767" not in emit(function([x, y], write(y, at, chosen)), target=Target.host())
