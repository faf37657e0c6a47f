"""What is packed for a block serves many points of it."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.building import lower_program
from autosched.ir.stmt import Store
from autosched.ir.traverse import iter_stmts
from autosched.ops.convolution import conv2d
from autosched.schedule.primitives.prefetch import Prefetch
from autosched.schedule.sketch import Sketch
from autosched.schedule.trace import replay
from autosched.search.space.contraction import FEW_PANELS, LEAST_PACKED
from autosched.search.space.generate import space
from autosched.search.space.packing import ROWS_AHEAD
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor
from tests.schedule.nests import matmul
from tests.search.tasks import MACHINE

AVX512 = replace(MACHINE, features="+avx512f", vector_bits=512).with_threads(1)


def near(m: int, n: int, k: int, threads: int) -> list[Sketch]:
    """The sketches that pack panels right before their use."""
    found = space([matmul(m, n, k)], MACHINE.with_threads(threads)).sketches
    return [sketch for sketch in found if "near" in sketch.name]


@pytest.mark.parametrize("threads", [1, 2, 16])
@pytest.mark.parametrize(("m", "least"), [(7, 7), (300, LEAST_PACKED)])
def test_a_panel_is_packed_for_many_rows(m: int, least: int, threads: int) -> None:
    sketches = near(m, 256, 4096, threads)
    assert sketches
    for sketch in sketches:
        names = [each.name for each in sketch.decisions]
        columns = [names.index(name) for name in ("i.tile", "i.block") if name in names]
        vectors = sketch.sample(np.random.default_rng(0), 64)
        assert all(prod(vector[columns]) >= least for vector in vectors)
        assert sketch.holds(np.array([sketch.default]))[0]


@pytest.mark.parametrize("l2_bytes", [1 << 18, 1 << 20, 1 << 21])
def test_the_panels_of_a_block_take_a_quarter_of_the_cache(l2_bytes: int) -> None:
    machine = replace(MACHINE.with_threads(1), l2_bytes=l2_bytes)
    sketch = next(s for s in space([matmul(1024, 1024, 512)], machine).sketches if "near" in s.name)
    names = [each.name for each in sketch.decisions]
    tile, block = (sketch.default[names.index(name)] for name in ("j.tile", "j.block"))
    assert block == 1 or 4 * 512 * tile * block <= l2_bytes // 4
    assert 4 * 512 * tile * 2 * block > min(l2_bytes // 4, 1 << 19)


def test_few_panels_are_packed_where_their_number_is_symbolic() -> None:
    """All of a block are packed, also those past the end."""
    A, B = te.placeholder((te.var("m"), 64), name="A"), te.placeholder((te.var("n"), 64), name="B")
    k = te.reduce_axis((0, 64), name="k")
    C = te.compute(
        (A.shape[0], B.shape[0]), lambda i, j: te.sum(A[i, k] * B[j, k], axis=k), name="C"
    )
    sketch = space([C], MACHINE.with_threads(1)).sketches[0]
    assert "near" in sketch.name
    assert sketch.default[[each.name for each in sketch.decisions].index("j.block")] == FEW_PANELS
    kernel = autosched.build([A, B, C], target="cpu", threads=1)
    random = np.random.default_rng(4)
    for m, n in ((1, 1), (3, 200), (17, 17), (200, 3), (13, 129)):
        a, b = (random.standard_normal((size, 64)).astype(np.float32) for size in (m, n))
        np.testing.assert_allclose(kernel(a, b), a @ b.T, atol=1e-4)


def test_tiles_are_filled_up_where_filters_are_symbolic() -> None:
    """Masked sums would not be in registers."""
    o = te.var("o")
    x, w = te.placeholder((1, 8, 6, 7), name="x"), te.placeholder((o, 8, 3, 3), name="w")
    y = conv2d(x, w, padding=1)
    assert "_pad_" in space([y], MACHINE.with_threads(1)).sketches[0].name
    kernel = autosched.build([x, w, y], target="cpu", threads=1)
    random = np.random.default_rng(4)
    for filters in (1, 3, 16, 33, 100):
        image, weights = (
            random.standard_normal((1, 8, 6, 7)),
            random.standard_normal((filters, 8, 3, 3)),
        )
        arrays = {x: image.astype(np.float32), w: weights.astype(np.float32)}
        (want,) = evaluate([y], arrays, accumulate="float64")
        np.testing.assert_allclose(kernel(*arrays.values()), want, atol=1e-4)


@pytest.mark.parametrize("known", [48, 50])
def test_tiles_are_not_filled_up_where_rows_alone_are_symbolic(known: int) -> None:
    m = te.var("m")
    A, B = te.placeholder((m, 40), name="A"), te.placeholder((40, known), name="B")
    k = te.reduce_axis((0, 40), name="k")
    C = te.compute((m, known), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k), name="C")
    assert "partition" in space([C], MACHINE.with_threads(1)).sketches[0].name
    kernel = autosched.build([A, B, C], target="cpu", threads=1)
    random = np.random.default_rng(4)
    for rows in (1, 2, 5, 6, 7, 13, 64):
        a, b = random.standard_normal((rows, 40)), random.standard_normal((40, known))
        got = kernel(a.astype(np.float32), b.astype(np.float32))
        np.testing.assert_allclose(got, a @ b, atol=1e-4)


@pytest.mark.parametrize(("m", "n"), [(1, 3), (2, 3), (3, 8), (1, 20)])
def test_small_results_have_candidates_of_every_sketch(m: int, n: int) -> None:
    for sketch in space([matmul(m, n, 5)], MACHINE.with_threads(1)).sketches:
        assert sketch.holds(np.array([sketch.default]))[0]
        assert len(sketch.sample(np.random.default_rng(0), 2))


@pytest.mark.parametrize(("k", "is_low"), [(1024, True), (1000, False), (2048, True), (512, False)])
def test_rows_that_share_sets_of_a_cache_have_low_tiles_where_they_are_not_packed(
    k: int, is_low: bool
) -> None:
    heights = {}
    for sketch in space([matmul(64, 64, k)], AVX512).sketches:
        names = [each.name for each in sketch.decisions]
        for number in ("none", "0"):
            if sketch.name.startswith(f"v1u0_pack_{number}_pad_vu"):
                heights[number] = sketch.default[names.index("i.tile")]
    assert (heights["none"] <= 8) == is_low
    assert heights["0"] > 8


IN_THE_SUM = "v1u0_pack_none_pad_vu"
"""The sketch in which the left side is computed in the sum, not in a stage of its own."""


def scaled(how: str) -> Tensor:
    """A product of 56x200 and 200x256 numbers whose left side is computed in some way."""
    A, B = te.placeholder((56, 200), name="A"), te.placeholder((200, 256), name="B")
    D, k = te.placeholder((200,), name="D"), te.reduce_axis((0, 200), name="k")
    E = te.compute((56, 200), lambda i, j: te.maximum(A[i, j], 0.0), name="E")
    left = {
        "read": lambda i: A[i, k],
        "product": lambda i: A[i, k] * D[k],
        "function": lambda i: te.exp(A[i, k]),
        "inlined": lambda i: E[i, k],
        "choice": lambda i: te.if_then_else(k <= i, A[i, k] * D[k], 0.0),
        "threshold": lambda i: te.if_then_else(A[i, k] > 0.5, A[i, k], 0.1),
    }[how]
    return te.compute((56, 256), lambda i, j: te.sum(left(i) * B[k, j], axis=k), name="C")


@pytest.mark.parametrize(
    ("how", "is_wide"),
    [
        ("read", False),
        ("product", True),
        ("function", True),
        ("inlined", True),
        ("choice", False),
        ("threshold", False),
    ],
)
def test_tiles_are_wide_where_what_their_rows_share_is_computed(how: str, is_wide: bool) -> None:
    sketches = space([scaled(how)], AVX512).sketches
    (sketch,) = [each for each in sketches if each.name == IN_THE_SUM]
    tile = dict(zip([each.name for each in sketch.decisions], sketch.default, strict=True))
    assert (tile["j.tile"] > 3 * tile["i.tile"]) == is_wide


def test_what_is_chosen_by_axes_is_used_by_one_vector() -> None:
    sketches = space([scaled("choice")], AVX512).sketches
    (sketch,) = [each for each in sketches if each.name == IN_THE_SUM]
    tile = dict(zip([each.name for each in sketch.decisions], sketch.default, strict=True))
    assert tile["j.tile"] == 16


@pytest.mark.parametrize(("columns", "ahead"), [(256, False), (1024, True)])
def test_a_copy_fetches_rows_ahead_of_what_l2_does_not_hold(columns: int, ahead: bool) -> None:
    machine = replace(AVX512, l2_bytes=1 << 20)
    sketches = space([matmul(64, columns, 512)], machine).sketches
    chosen = next(s for s in sketches if "near" in s.name)
    steps = [step for step in chosen.bind(chosen.default) if type(step) is Prefetch]
    assert any(step.offset == ROWS_AHEAD for step in steps) is ahead


def by_transpose(m: int, n: int, k: int) -> list[Tensor]:
    A, B = te.placeholder((m, k), name="A"), te.placeholder((n, k), name="B")
    r = te.reduce_axis((0, k), name="r")
    C = te.compute((m, n), lambda i, j: te.sum(A[i, r] * B[j, r], axis=r), name="C")
    return [A, B, C]


@pytest.mark.parametrize("k", [16, 17, 24, 31])
def test_whole_vectors_of_a_copy_have_no_condition(k: int) -> None:
    tensors = by_transpose(40, 32, k)
    sketch = space(tensors[-1:], AVX512).sketches[0]
    schedule = replay(tensors[-1:], sketch.bind(sketch.default))
    program = lower_program(schedule, tensors, AVX512)
    stores = [s for s in iter_stmts(program.main.body) if isinstance(s, Store)]
    copies = [store for store in stores if store.buffer.name == "B_global"]
    assert copies
    assert all(store.mask is None for store in copies)


@pytest.mark.parametrize(("m", "n", "k"), [(5, 17, 17), (31, 31, 31), (7, 33, 1), (1, 24, 40)])
def test_products_by_a_transpose(m: int, n: int, k: int) -> None:
    tensors, rng = by_transpose(m, n, k), np.random.default_rng(0)
    a, b = (rng.standard_normal(shape).astype("float32") for shape in ((m, k), (n, k)))
    c = np.full((m, n), np.nan, "float32")
    autosched.build(tensors, target="cpu", threads=1)(a, b, c)
    np.testing.assert_allclose(c, a @ b.T, rtol=1e-4, atol=1e-5)
