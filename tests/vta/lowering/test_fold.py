"""Folding: every point once, few micro-ops, and writes of a sum kept apart."""

from __future__ import annotations

from collections import Counter
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from autosched.vta.config import UOP_DISTANCE
from autosched.vta.lowering.fold import Fold, Limits, NestLoop, Offset, fold, merged
from tests.properties import examples

LIMITS = Limits(64, (2048, 2048, 1024))


def points(lines: list[NestLoop], taps: list[Offset]) -> Counter[Offset]:
    found: Counter[Offset] = Counter()
    for at in product(*(range(line[0]) for line in lines)):
        for tap in taps:
            moved = [
                tap[memory] + sum(n * line[memory + 1] for n, line in zip(at, lines, strict=True))
                for memory in range(3)
            ]
            found[moved[0], moved[1], moved[2]] += 1
    return found


def executed(each: Fold) -> list[Offset]:
    """Return the micro-ops in the order in which the hardware runs them."""
    return [
        (
            uop[0] + out * each.out_factors[0] + in_ * each.in_factors[0],
            uop[1] + out * each.out_factors[1] + in_ * each.in_factors[1],
            uop[2] + out * each.out_factors[2] + in_ * each.in_factors[2],
        )
        for out in range(each.iter_out)
        for in_ in range(each.iter_in)
        for uop in each.offsets
    ]


def check(lines: list[NestLoop], taps: list[Offset], limits: Limits = LIMITS) -> tuple[Fold, ...]:
    folds = fold(lines, taps, limits)
    done = [executed(each) for each in folds]
    assert sum((Counter(order) for order in done), Counter()) == points(lines, taps)
    for each, order in zip(folds, done, strict=True):
        assert len(each.offsets) <= limits.uops
        sums = [uop[0] for uop in order]
        for n, (low, high) in enumerate(each.spans):
            assert (low, high) == (min(u[n] for u in order), max(u[n] for u in order))
        for distance in range(1, UOP_DISTANCE):
            assert all(a != b for a, b in zip(sums, sums[distance:], strict=False))
    return folds


def conv(h: int, w: int, co: int, ci: int, k: int) -> list[NestLoop]:
    """Return the loops of a convolution with dense sums, inputs and weights."""
    wide = w + k - 1
    return [
        (h, w, wide, 0),
        (w, 1, 1, 0),
        (co, h * w, 0, ci * k * k),
        (ci, 0, (h + k - 1) * wide, k * k),
        (k, 0, wide, k),
        (k, 0, 1, 1),
    ]


@examples(150)
@given(*(st.integers(1, 6) for _ in range(4)), st.integers(1, 3), st.integers(1, 64))
def test_convolutions(h: int, w: int, co: int, ci: int, k: int, room: int) -> None:
    lines = conv(h, w, co, ci, k)
    check(lines, [(0, 0, 0)], Limits(room, LIMITS.factors))


@examples(150)
@given(
    *(st.integers(1, 5) for _ in range(3)),
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 9)),
        min_size=1,
        max_size=5,
        unique=True,
    ),
)
def test_taps_that_begin_anywhere(h: int, w: int, co: int, taps: list[Offset]) -> None:
    check(conv(h, w, co, 1, 1), taps)


def test_loops_that_step_as_one_are_one() -> None:
    apart: list[NestLoop] = [(4, 30, 15, 0), (6, 5, 2, 0), (5, 1, 1, 0)]
    assert merged(apart) == apart
    assert merged([(4, 30, 30, 0), (6, 5, 5, 0), (1, 9, 9, 9), (5, 1, 1, 0)]) == [(120, 1, 1, 0)]


def test_one_micro_op_where_two_loops_are_all() -> None:
    (each,) = check([(8, 0, 0, 1), (30, 1, 1, 0)], [(0, 0, 0)])
    assert len(each.offsets) == 1


def test_a_long_run_of_sums_is_cut_rather_than_written_out() -> None:
    (each,) = check([(448, 1, 1, 0), (2, 448, 0, 9)], [(0, n, n) for n in range(3)])
    assert len(each.offsets) == 3 * 4


def test_too_few_sums_take_an_instruction_for_each_step() -> None:
    folds = check([(2, 1, 1, 0), (5, 0, 2, 1)], [(0, 0, 0)])
    assert len(folds) == 5


def test_steps_that_fit_no_field_are_written_out() -> None:
    (each,) = check([(5, 1, -1, 0), (3, 5, 5000, 0)], [(0, 5, 0)])
    assert len(each.offsets) == 15
