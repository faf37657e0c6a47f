"""Loops leave out tiles of which nothing is needed."""

from __future__ import annotations

from typing import Any

import pytest

from autosched import te
from autosched.ir.stmt import If, Stmt, Store
from autosched.ir.traverse import iter_stmts
from autosched.lowering.lower import lower
from autosched.schedule import Schedule, create_schedule
from tests.lowering.nests import agrees, arguments, golden


def banded(low: int | None = None, high: int | None = 0, n: Any = 9, dtype: str = "float32") -> Any:
    """A product with the band of a matrix that a stage chooses."""
    A, B = te.placeholder((n, n), dtype, name="A"), te.placeholder((n, 5), dtype, name="B")
    k = te.reduce_axis((0, n), name="k")
    below = lambda i, j: [] if high is None else [j <= i + high]  # noqa: E731
    above = lambda i, j: [] if low is None else [i + low <= j]  # noqa: E731
    P = te.compute(
        (n, n),
        lambda i, j: te.if_then_else(
            te.all(*below(i, j), *above(i, j)), A[i, j], te.const(0, dtype)
        ),
        name="P",
    )
    C = te.compute((n, 5), lambda i, j: te.sum(P[i, k] * B[k, j], axis=k), name="C")
    return P, C


def scheduled(tile: int, step: int, copy: int, **shape: Any) -> Schedule:
    """Blocks of rows, for each of which the part of the band is computed that its sums read."""
    P, C = banded(**shape)
    s = create_schedule(C)
    s[C].skip_masked()
    rows, within = s[C].split(C.op.axis[0], tile)
    outer, inner = s[C].split(C.op.reduce_axis[0], step)
    s[C].reorder(rows, outer, inner, within, C.op.axis[1])
    s[C].unroll(inner)
    s[P].compute_at(s[C], rows)
    _, lanes = s[P].split(P.op.axis[1], copy)
    s[P].unroll(lanes)
    return s


def test_conditions_of_tiles() -> None:
    golden(
        scheduled(tile=3, step=2, copy=4, n=8),
        """
        def main(A: float32[8, 8], B: float32[8, 5], C: float32[8, 5] out):
            for i.outer in 0..3:
                alloc P: float32[3, 8]
                for i in 0..3:
                    if i.outer*3 + i < 8:
                        for j.outer in 0..2:
                            if j.outer*2 < i.outer*3//2 + 2:
                                unrolled j.inner in 0..4:
                                    P[i, j.outer*4 + j.inner] = select(j.outer*4 + j.inner <= i.outer*3 + i, A[i.outer*3 + i, j.outer*4 + j.inner], 0.0)
                for i.inner in 0..3:
                    if i.outer*3 + i.inner < 8:
                        for j in 0..5:
                            C[i.outer*3 + i.inner, j] = 0.0
                for k.outer in 0..4:
                    if k.outer*2 < i.outer*3 + 3:
                        unrolled k.inner in 0..2:
                            for i.inner in 0..3:
                                if i.outer*3 + i.inner < 8:
                                    for j in 0..5:
                                        C[i.outer*3 + i.inner, j] = C[i.outer*3 + i.inner, j] + P[i.inner, k.outer*2 + k.inner] * B[k.outer*2 + k.inner, j]
        """,
    )


@pytest.mark.parametrize("tiles", [(3, 2, 4), (2, 4, 3), (1, 1, 1), (4, 3, 5)], ids=str)
@pytest.mark.parametrize(
    "ends", [(None, 0), (None, -2), (0, None), (-2, 1), (3, 5), (-9, 9), (None, -20), (20, None)]
)
def test_what_they_compute(tiles: tuple[int, int, int], ends: tuple[Any, Any]) -> None:
    agrees(scheduled(*tiles, low=ends[0], high=ends[1]))


@pytest.mark.parametrize("step", [2, 9, 16])
@pytest.mark.parametrize("ends", [(None, -9), (9, None), (None, -6), (6, None)])
def test_sums_without_terms_are_zero(ends: tuple[Any, Any], step: int) -> None:
    agrees(scheduled(3, step, 4, low=ends[0], high=ends[1]))
    _, C = banded(*ends)
    s = create_schedule(C)
    s[C].skip_masked()
    agrees(s)


@pytest.mark.parametrize("dtype", ["float64", "int32", "int8"])
def test_other_dtypes(dtype: str) -> None:
    agrees(scheduled(3, 2, 4, dtype=dtype, low=-3))


def test_symbolic_sizes() -> None:
    n = te.var("n")
    agrees(scheduled(3, 2, 4, n=n), {n: 10})


def test_other_readers_need_all() -> None:
    P, C = banded()
    D = te.compute(P.shape, lambda i, j: P[i, j] + 1.0, name="D")
    E = te.compute((9, 5), lambda i, j: C[i, j] + D[i, j + 4], name="E")
    s = create_schedule(E)
    s[C].skip_masked()
    for stage in (C, D, P):
        s[stage].compute_at(s[E], E.op.axis[0])
    agrees(s)
    assert not _conditions_around(lower(s, arguments(s)).body, "P")
    assert _conditions_around(lower(s, arguments(s)).body, "C")


def _conditions_around(stmt: Stmt, name: str) -> list[str]:
    """The conditions of the loops that store to a buffer."""
    found = []
    for each in iter_stmts(stmt):
        inside = iter_stmts(each) if type(each) is If else ()
        if any(type(store) is Store and store.buffer.name == name for store in inside):
            found.append(str(each.condition))  # type: ignore[attr-defined]
    return found
