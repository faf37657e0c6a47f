"""Blocks of planes: their loops, where they are the default, and that they compute the same."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched.building import build_schedule
from autosched.schedule.trace import replay
from autosched.search.space.conformance import RuleConformance
from autosched.search.space.generate import space
from autosched.search.space.planes import PlaneBlocks, is_faster_in_blocks
from autosched.target.target import Target
from autosched.te.dag import inputs
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor
from tests.search.space.nests import WIDE, derived, nest, shown
from tests.search.space.window_nets import expanded, pooled, product_and_sums, windows


class TestPlanes(RuleConformance):
    rule = PlaneBlocks()

    def expressions(self) -> list[list[Tensor]]:
        return [[windows(expanded(3, 10, 7))], [pooled(expanded(2, 9, 6, bound=None))]]


def test_a_block_of_planes_is_computed_before_its_windows() -> None:
    assert nest(product_and_sums(), "planes") == shown(
        """
        parallel ax0.0 in 0..2:
            for ax1.outer in 0..1:
                unrolled ax0.1 in 0..12:
                    vectorized ax1.inner in 0..4:
                        w.global[ax0.0, ax1, ax0.1] = w[ax0.0*12 + ax0.1, ax1]
        parallel c.outer in 0..2:
            for p.outer in 0..1 at most:
                for c.outer in 0..2 at most:
                    alloc e.local: float32 local
                    for k.outer in 0..1:
                        unrolled k.inner in 0..4:
                            unrolled c.c in 0..24 at most:
                                vectorized p.c in 0..16 at most:
                                    e.local[c.c, p.c] += w.global[c.c//12, k, c.c%12] * x[k, p.c]
                    unrolled c.inner in 0..12:
                        vectorized p.inner in 0..16:
                            e[c, p] = e.local[c, p]
            for c.inner in 0..12:
                for p.outer in 0..1:
                    alloc d.local: float32 local
                    for c.c in 0..24 at most:
                        for i.outer in 0..1:
                            unrolled i.inner in 0..3:
                                vectorized p.c in 0..14 at most:
                                    d.local[c.c, p.c] += e[c.c, p.c + i]
                    vectorized p.inner in 0..14:
                        d[c, p] = d.local[c, p]
        """
    )


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(
    "output",
    [
        windows(expanded(5, 13, 11)),
        windows(expanded(3, 17, 9), stride=2),
        windows(expanded(3, 8, 7), dilation=2),
        windows(expanded(2, 11, 3), kernel=5),
        windows(expanded(2, 8, 1), kernel=3),
        windows(expanded(1, 9, 5, batch=2)),
        windows(expanded(2, 1, 6)),
        windows(expanded(2, 8, 6), multiplier=2),
    ],
    ids=["primes", "stride", "dilation", "wide filter", "one point", "batch", "one plane", "more"],
)
def test_results(output: Tensor, threads: int) -> None:
    target = Target.host().with_threads(threads)
    sketches = {sketch.name: sketch for sketch in space([output], target).sketches}
    found = next((each for name, each in sketches.items() if name.startswith("planes")), None)
    sketch = found or next(iter(sketches.values()))
    random = np.random.default_rng(7)
    given = {
        tensor: random.integers(-3, 4, [int(n.value) for n in tensor.shape]).astype("float32")  # type: ignore[attr-defined]
        for tensor in inputs([output])
    }
    (expected,) = evaluate([output], given)
    schedule = replay([output], sketch.bind(sketch.default))
    kernel = build_schedule(schedule, [*given, output], target, threads=threads)
    result = np.full_like(expected, np.nan)
    kernel(*given.values(), result)
    np.testing.assert_array_equal(result, expected)


def test_they_are_the_default_where_the_contraction_would_leave_the_caches() -> None:
    large = windows(expanded(4, 96, 56))
    assert next(iter(derived(large))) == "planes_inline"
    assert is_faster_in_blocks([large], WIDE)
    assert not is_faster_in_blocks([windows(expanded(4, 24, 16))], WIDE)
    assert not is_faster_in_blocks([large], replace(WIDE, l2_bytes=1 << 25))
    assert not is_faster_in_blocks([large], replace(WIDE, l2_bytes=1 << 16))


@pytest.mark.parametrize(
    ("dtype", "is_faster"), [("float64", True), ("int8", False), ("float16", False)]
)
def test_they_are_not_where_operands_are_converted(dtype: str, is_faster: bool) -> None:
    output = windows(expanded(4, 96, 56, dtype=dtype))
    assert is_faster_in_blocks([output], WIDE) is is_faster


def test_they_are_not_where_planes_leave_vectors_empty() -> None:
    assert not is_faster_in_blocks([windows(expanded(4, 1024, 9))], WIDE)


def test_threads_get_even_shares() -> None:
    output = windows(expanded(4, 96, 14))
    for threads, planes in ((1, 32), (2, 16)):
        target = replace(WIDE, threads=threads, l1_bytes=1 << 16)
        (sketch,) = (s for s in space([output], target).sketches if s.name == "planes_inline")
        names = [decision.name for decision in sketch.decisions]
        assert sketch.default[names.index("i1.planes")] == planes


def test_they_are_not_where_rows_of_windows_leave_vectors_empty() -> None:
    assert not is_faster_in_blocks([windows(expanded(4, 1024, 14), stride=2)], WIDE)


def test_they_are_not_where_threads_read_much_for_few_planes() -> None:
    output = windows(expanded(64, 96, 56))
    for threads, is_faster in ((1, True), (2, False)):
        assert is_faster_in_blocks([output], replace(WIDE, threads=threads)) is is_faster
