"""The candidates of knobs: tile sizes, orders of loops, and annotations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations
from math import prod

from autosched.errors import WorkloadError
from autosched.ops.templates.values import AnnotationValue, OrderValue, SplitValue

SPLITS = ("factors", "power2", "verbose", "candidate")
ANNOTATIONS = ("unroll", "vec", "try_unroll", "try_vec", "try_unroll_vec", "candidate")


def divisors(extent: int) -> list[int]:
    """Return the numbers that divide `extent`, the least first."""
    low = [number for number in range(1, int(extent**0.5) + 1) if extent % number == 0]
    return sorted({*low, *(extent // number for number in low)})


def powers_of_two(extent: int) -> list[int]:
    """Return 1, 2, 4 and so on up to `extent`."""
    return [1 << exponent for exponent in range(extent.bit_length())]


def splits(extent: int, parts: int, policy: str, most: int | None = None) -> list[SplitValue]:
    """Return the ways to split a loop of `extent` into `parts` loops.

    The inner loops have the extents that `policy` names: `factors`, which divide the extent
    together; `power2`; or `verbose`, powers of two and divisors. Only `factors` leaves no
    remainder. None of them is longer than `most`.
    """
    sizes = {
        "factors": lambda: divisors(extent),
        "power2": lambda: powers_of_two(extent),
        "verbose": lambda: sorted({*divisors(extent), *powers_of_two(extent)}),
    }
    if policy not in sizes:
        raise unknown("policy of a split", policy, SPLITS)
    usable = [size for size in sizes[policy]() if most is None or size <= most]
    inner = _products(usable, parts - 1, extent, policy == "factors")
    return [SplitValue((-(-extent // prod(each)), *each)) for each in inner]


def _products(
    sizes: Sequence[int], count: int, extent: int, exact: bool
) -> Iterator[tuple[int, ...]]:
    """Yield `count` sizes whose product is at most, or divides, `extent`."""
    if not count:
        yield ()
        return
    for size in sizes:
        if size > extent or (exact and extent % size):
            continue
        for others in _products(sizes, count - 1, extent // size, exact):
            yield size, *others


def orders(count: int, policy: str) -> list[OrderValue]:
    """Return the orders of `count` loops: `all` of them, or the one given (`identity`)."""
    if policy == "identity":
        return [OrderValue(tuple(range(count)))]
    if policy != "all":
        raise unknown("policy of an order", policy, ("all", "identity", "candidate"))
    return [OrderValue(perm) for perm in permutations(range(count))]


def annotated(count: int, policy: str) -> list[AnnotationValue]:
    """Return the annotations of `count` loops, from none on.

    `unroll` and `vec` annotate all of them. `try_unroll` also leaves some outer loops as they
    are, `try_vec` vectorizes the innermost or none, and `try_unroll_vec` has both.
    """
    unrolled = [_inner("unroll", number, count) for number in range(count + 1)]
    vectorized = [("none",) * (count - 1) + ("vec",)]
    both = [(*_inner("unroll", number, count - 1), "vec") for number in range(count)]
    found: dict[str, list[tuple[str, ...]]] = {
        "unroll": [("unroll",) * count],
        "vec": [("vec",) * count],
        "try_unroll": unrolled,
        "try_vec": [("none",) * count, *vectorized],
        "try_unroll_vec": [*unrolled, *both],
    }
    if policy not in found:
        raise unknown("policy of an annotation", policy, ANNOTATIONS)
    return [AnnotationValue(anns) for anns in found[policy]]


def _inner(ann: str, number: int, count: int) -> tuple[str, ...]:
    """Return `ann` for the innermost `number` of `count` loops, `none` for the others."""
    return ("none",) * (count - number) + (ann,) * number


def unknown(what: str, given: object, known: Sequence[str]) -> WorkloadError:
    """Return the error for a name that is not among the known ones."""
    return WorkloadError(f"expected a {what}, one of {', '.join(known)}, got {given!r}")
