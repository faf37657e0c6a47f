"""Which targets have instructions for dot products, and for which vectors."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched.target.dot_products import DOT_PRODUCTS, dot_products
from autosched.target.target import Target

BASE = replace(Target.host(), features="+avx2,+fma", vector_bits=256)
BYTES = DOT_PRODUCTS[0]


@pytest.mark.parametrize(
    ("features", "bits", "has"),
    [
        ("+avx2", 256, False),
        ("+avx2,+avxvnni", 256, True),
        ("+avx512f,+avx512vnni", 512, True),
        ("+avx512f,+avx512vnni", 256, False),
        ("+avx512f,+avx512vnni,+avx512vl", 256, True),
        ("+avx512f,-avx512vnni", 512, False),
        ("+avx512f,+avx512vnni", 1024, False),
    ],
)
def test_an_instruction_needs_its_features(features: str, bits: int, has: bool) -> None:
    target = replace(BASE, features=features, vector_bits=bits)
    assert (BYTES.symbol(target, bits) is not None) == has
    assert (BYTES in dot_products(target)) == has


HALVES = next(dot for dot in DOT_PRODUCTS if dot.a == "bfloat16")


@pytest.mark.parametrize(("tolerance", "has"), [(1e-4, True), (0.0, False)])
def test_an_instruction_states_its_error(tolerance: float, has: bool) -> None:
    """Denormals are zeros to it, and a target may allow no deviation."""
    target = replace(BASE, features="+avx512bf16", vector_bits=512, tolerance=tolerance)
    assert (HALVES in dot_products(target)) == has
    assert BYTES.error == 0
