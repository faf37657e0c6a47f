"""Stages that move elements from one axis to another, in tiles that are turned."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from autosched import te
from autosched.api import as_task
from autosched.ops.instance import from_tensors
from autosched.schedule.trace import replay
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import space
from autosched.search.space.movement import crossing_of
from autosched.target.target import Target
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.search.space.nests import nest, rows, shown
from tests.search.tasks import MACHINE

HASWELL = "cpu -cpu=haswell -features=+avx,+avx2,+fma,+f16c -vector_bits=256"
HOST = Target.host()


def transposed(m: int = 40, n: int = 72) -> te.Tensor:
    A = rows(m, n)
    return te.compute((n, m), lambda i, j: A[j, i], name="T")


def added(m: int = 9, n: int = 33) -> te.Tensor:
    A, B = rows(m, n), te.placeholder((n, m), name="B")
    return te.compute((n, m), lambda i, j: A[j, i] + B[i, j], name="T")


def channels_first() -> te.Tensor:
    A = te.placeholder((2, 5, 19, 8), name="A")
    return te.compute((2, 8, 5, 19), lambda b, c, y, x: A[b, y, x, c] * 2.0, name="T")


def windows(kind: str = "float32", c: int = 3, h: int = 11, w: int = 18, k: int = 3) -> te.Tensor:
    """The points of all windows of an image, one window a row."""
    X = te.placeholder((c, h + k - 1, w + k - 1), kind, name="X")
    return te.compute(
        (h * w, c * k * k),
        lambda m, n: X[n // (k * k), m // w + n % (k * k) // k, m % w + n % k],
        name="T",
    )


def keys() -> te.Tensor:
    """What each of 3 heads has of 19 points, the points last."""
    A = te.placeholder((19, 3, 20), name="A")
    return te.compute((60, 19), lambda i, j: A[j, i // 20, i % 20], name="T")


def crossed(output: te.Tensor) -> str | None:
    found = crossing_of(SketchBuilder([output]).schedule[output])
    return None if found is None else found.axis.name


def test_a_transposition_runs_in_tiles() -> None:
    assert nest(transposed(32, 128), "rows_partition") == shown(
        """
        parallel i.outer.outer.j.outer.outer.fused in 0..1:
            for i.outer.inner in 0..8:
                for j.outer.inner in 0..2:
                    unrolled j.inner in 0..16:
                        vectorized i.inner in 0..16:
                            T[i, j] = A[j, i]
        """
    )


def test_axes_that_are_crossed() -> None:
    assert [crossed(each) for each in (transposed(), added(), channels_first())] == ["i", "i", "c"]


def test_axes_that_are_crossed_by_their_remainders() -> None:
    assert [crossed(each) for each in (windows(), keys())] == ["m", "i"]
    assert crossed(windows(w=7)) is None
    assert nest(windows(h=8, w=16, c=16), "rows_partition") == shown(
        """
        parallel m.outer.m.inner.outer.outer.fused.n.outer.outer.fused in 0..8:
            for m.inner.outer.inner in 0..1:
                for n.outer.inner in 0..8:
                    unrolled n.inner in 0..18:
                        vectorized m.inner.inner in 0..16:
                            T[m, n] = X[n//9, m//16 + n%9//3, m%16 + n%3]
        """
    )


def test_remainders_of_which_rows_are_not_made() -> None:
    A = te.placeholder((20, 40, 60), name="A")
    for value in (
        lambda i, j: A[j, i // 20, i % 20 * 2],
        lambda i, j: A[j, i % 20, i % 20],
        lambda i, j: A[j, i % 40, i % 20],
        lambda i, j: A[j, 0, i % 20 + i // 30],
        lambda i, j: A[j, i // 30, i % 20],
        lambda i, j: A[i // 20, 0, i % 20 + j],
        lambda i, j: A[i // 20, j // 10, i % 20 + j % 10],
    ):
        assert crossed(te.compute((60, 20), value)) is None
    assert crossed(te.compute((50, 20), lambda i, j: A[j, i // 20, i % 20])) is None


def test_axes_that_are_not() -> None:
    A = rows(40, 72)
    same = te.compute((40, 72), lambda i, j: A[i, j] + 1.0)
    costly = te.compute((72, 40), lambda i, j: te.exp(A[j, i]))
    short = te.compute((72, 3), lambda i, j: A[j, i])
    spread = te.compute((72, 40), lambda i, j: A[j, 71 - i])
    column = te.compute((40, 9), lambda i, _: A[i, 3])
    assert [crossed(each) for each in (same, costly, short, spread, column)] == [None] * 5


def test_tiles_are_turned_in_registers() -> None:
    """Neither what is read nor what is written takes an instruction for each element."""
    for output in (transposed(32, 128), added(16, 40)):
        task = as_task(from_tensors(Program("moved", [output]).args), HASWELL, 1)
        sketch = task.sketches[0]
        schedule = replay(task.workload.outputs, sketch.bind(sketch.default))
        code = task.backend.reporter.code("llvm", task.form, schedule)
        assert "shufflevector" in code
        assert "masked.gather" not in code
        assert "masked.scatter" not in code


@pytest.mark.parametrize(
    "output",
    [
        *(transposed, added, channels_first, windows, keys),
        *(lambda: windows("int8"), lambda: windows("float64", 5, 3, 8, 2)),
        *(lambda: windows("float16", 2, 2, 37, 5), lambda: windows("uint16", 1, 1, 9, 7)),
    ],
)
def test_they_are_computed(output: Callable[[], te.Tensor]) -> None:
    program = Program("moved", [output()])
    found = {sketch.name: sketch for sketch in space(program.outputs, MACHINE).sketches}
    assert "rows_partition_strided" in found
    schedules = [replay(program.outputs, each.bind(each.default)) for each in found.values()]
    made = [interpreted(program, each, HOST, 1, f"k{n}") for n, each in enumerate(schedules)]
    compiled(made, HOST, 1)
