from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pytest

from autosched.backends.parse import parse
from autosched.graph.groups import grouped
from autosched.graph.passes.chains import chains
from autosched.graph.passes.pipeline import Pass
from autosched.te.tensor import Tensor
from tests.graph.passes.checking import after, kinds

GIVEN = "q: float32[3, 24, 8], k: float32[3, 24, 8], v: float32[3, 24, 8]"
LINES = [
    "s = matmul(q, k, transpose_b=True)", "m = band(s, high=0, fill=-inf)", "w = softmax(m)",
    "z = matmul(w, v)",
]  # fmt: skip
TARGET = parse("cpu -cpu=skylake-avx512 -l1_bytes=32768 -l2_bytes=1048576 -threads=1")
always = partial(chains, together=lambda outputs: True)
as_the_target_says = partial(chains, together=TARGET.computes_together)


PLAIN = [LINES[0], "w = softmax(s)", LINES[3]]


@pytest.mark.parametrize(
    ("step", "lines"), [(always, LINES), (always, PLAIN), (as_the_target_says, LINES)]
)
def test_products_around_a_softmax_are_one_kernel(step: Pass, lines: list[str]) -> None:
    new = after(step, GIVEN, *lines)
    assert kinds(new).count("planes") == 2
    assert len(grouped(new)) == 1


def test_the_target_has_a_kernel_for_each_without_a_mask() -> None:
    assert "planes" not in kinds(after(as_the_target_says, GIVEN, *PLAIN))


def test_the_target_is_asked_about_the_whole() -> None:
    asked: list[int] = []

    def never(outputs: Sequence[Tensor]) -> bool:
        asked.append(len(outputs))
        return False

    new = after(partial(chains, together=never), GIVEN, *LINES)
    assert "planes" not in kinds(new)
    assert asked == [1]


@pytest.mark.parametrize(
    ("lines", "outputs"),
    [
        (LINES, "z, w"),
        ([*LINES, "u = relu(m)"], "z, u"),
        ([*LINES[:2], "z = softmax(m)"], "z"),
        ([LINES[0], "z = matmul(s, v)"], "z"),
        ([*LINES[:3], "z = relu(w)"], "z"),
    ],
    ids=["an output", "another reader", "no product", "no reduction", "elementwise"],
)
def test_others_stay(lines: list[str], outputs: str) -> None:
    assert "planes" not in kinds(after(always, GIVEN, *lines, outputs=outputs))
