"""Skinny contractions are computed from operands as they lie."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from autosched import te
from autosched.ops.matmul import batch_matmul
from autosched.ops.matmul import matmul as product
from autosched.schedule.trace import replay
from autosched.search.space.conformance import RuleConformance
from autosched.search.space.generate import space
from autosched.search.space.rules import ours
from autosched.search.space.skinny_rule import SkinnyContraction
from autosched.target.target import Target
from autosched.te.tensor import Tensor
from tests.fuzz.agreement import compiled, interpreted
from tests.fuzz.program import Program
from tests.search.tasks import MACHINE


def rows(m: int = 2, n: int = 512, k: int = 256, transposed: bool = False) -> Tensor:
    A = te.placeholder((m, k), name="A")
    B = te.placeholder((n, k) if transposed else (k, n), name="B")
    return product(A, B, transpose_b=transposed)


def columns(m: int = 512, n: int = 2, k: int = 256, transposed: bool = False) -> Tensor:
    A = te.placeholder((k, m) if transposed else (m, k), name="A")
    B = te.placeholder((k, n), name="B")
    return product(A, B, transpose_a=transposed)


def batch(transposed: bool) -> Tensor:
    A = te.placeholder((2, 3, 130), name="A")
    B = te.placeholder((2, 515, 130) if transposed else (2, 130, 515), name="B")
    return batch_matmul(A, B, transpose_b=transposed)


def biased(C: Tensor) -> Tensor:
    bias = te.placeholder((C.shape[1],), name="bias")
    shifted = te.compute(C.shape, lambda i, j: C[i, j] + bias[j], name="shifted")
    return te.compute(C.shape, lambda i, j: te.max(shifted[i, j], 0.0), name="relu")


def channels(*sizes: int, filters: int = 3) -> Tensor:
    """Sums over the channels of the points of an image, with what follows them."""
    x = te.placeholder((40, *sizes), name="x")
    w = te.placeholder((filters, 40), name="w", constant=True)
    c = te.reduce_axis((0, 40), name="c")
    y = te.compute((filters, *sizes), lambda o, *at: te.sum(w[o, c] * x(c, *at), axis=c), name="y")
    return te.compute(y.shape, lambda *at: te.max(y(*at), 0.0), name="relu")


class TestSkinny(RuleConformance):
    rule = SkinnyContraction()

    def expressions(self) -> list[list[Tensor]]:
        streamed = [rows(), rows(3, 517, 131), batch(False)]
        in_lanes = [rows(transposed=True), rows(3, 517, 131, True), columns(), batch(True)]
        many = [rows(7, 129, 131, True), biased(rows(17, 61, 179, True)), columns(131, 5, 133)]
        made = [*streamed, *in_lanes, *many, biased(rows()), biased(rows(3, 517, 131, True))]
        return [[each] for each in made]


def first(output: Tensor) -> str:
    return space([output], MACHINE).sketches[0].name


@pytest.mark.parametrize(
    ("made", "name"),
    [
        (rows, "streamed"),
        (lambda: rows(transposed=True), "in_lanes"),
        (columns, "in_lanes"),
    ],
)
def test_vectors_run_as_the_large_operand_lies(made: Callable[[], Tensor], name: str) -> None:
    assert first(made()) == name


@pytest.mark.parametrize("sizes", [(32, 32), (33, 31), (7, 9, 11)])
def test_the_points_of_an_image_are_one_row(sizes: tuple[int, ...]) -> None:
    """A row of it alone is too short to be streamed, or leaves each plane after a few lines."""
    program = Program("channels", [channels(*sizes)])
    sketch = space(program.outputs, MACHINE).sketches[0]
    assert sketch.name == "streamed_fused"
    sampled = sketch.sample(np.random.default_rng(0), 2).tolist()
    schedules = [replay(program.outputs, sketch.bind(v)) for v in (sketch.default, *sampled)]
    made = [interpreted(program, s, MACHINE, 1, f"k{n}") for n, s in enumerate(schedules)]
    compiled(made, Target.host(), 1)


def test_products_of_other_stages_are_not_packed_either() -> None:
    heavy = product(rows(4), te.placeholder((512, 2048), name="D"))
    sketch = space([heavy], MACHINE).sketches[0]
    assert sketch.name == "streamed"
    assert "cache_read" not in {step.name for step in sketch.steps}


@pytest.mark.parametrize(
    "made",
    [
        rows(2, 60, 1024),
        rows(2, 4096, 60, True),
        columns(512, 8),
        columns(transposed=True),
        rows(26, 512, 256, True),
    ],
)
def test_short_rows_and_full_vectors_are_left_to_the_other_rules(made: Tensor) -> None:
    known = [rule for rule in ours() if rule.name != SkinnyContraction.name]
    assert first(made) == space([made], MACHINE, known).sketches[0].name


def test_only_what_an_instruction_combines_is_kept_in_lanes() -> None:
    A, B = te.placeholder((2, 256), name="A"), te.placeholder((512, 256), name="B")
    k = te.reduce_axis((0, 256), name="k")
    combine = te.comm_reducer(lambda x, y: x + y + x * y, lambda dtype: te.const(0, dtype))
    made = te.compute((2, 512), lambda i, j: combine(A[i, k] * B[j, k], axis=k))
    assert "in_lanes" not in first(made)
