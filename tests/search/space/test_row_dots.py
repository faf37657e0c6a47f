"""Products of one row and the rows of a matrix are dot products where a target has them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule, lower_program, program_text
from autosched.schedule.state import Inlined
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from tests.search.tasks import MACHINE

VNNI = replace(MACHINE, features="+avx512f,+avx512vl,+avx512bw,+avx512vnni", vector_bits=512)
AVX = replace(MACHINE, features="+avx2,+avxvnniint8,+avxvnni")


def row(
    n: int,
    k: int,
    kinds: tuple[str, str] = ("int8", "int8"),
    batch: int = 1,
    is_stored: bool = False,
) -> te.Tensor:
    """One row of each of a batch, times the rows of a matrix; as int8 if it `is_stored`."""
    A = te.placeholder((batch, 1, k), kinds[0], name="A")
    B = te.placeholder((batch, n, k), kinds[1], name="B")
    r = te.reduce_axis((0, k), name="k")

    def total(b, i, j):
        return te.sum(A[b, i, r].astype("int32") * B[b, j, r].astype("int32"), axis=r)

    C = te.compute((batch, 1, n), total, name="C")
    if not is_stored:
        return C
    return te.compute(C.shape, lambda b, i, j: (C[b, i, j] >> 9).astype("int8"), name="D")


def code(output: te.Tensor, target: Target) -> str:
    """The LLVM code of the first sketch."""
    sketch = space([output], target).sketches[0]
    schedule = replay([output], sketch.bind(sketch.default))
    inputs = [stage.op.outputs[0] for stage in schedule.stages if stage.is_placeholder]
    return program_text(lower_program(schedule, [*inputs, output], target), target)


@pytest.mark.parametrize(
    ("kinds", "name"),
    [
        (("int8", "int8"), "vpdpbusd"),
        (("uint8", "uint8"), "vpdpbusd"),
        (("uint8", "int8"), "vpdpbusd"),
        (("int8", "uint8"), "vpdpbusd"),
        (("int16", "int16"), "vpdpwssd"),
    ],
)
def test_rows_are_summed_by_instructions(kinds: tuple[str, str], name: str) -> None:
    assert f".{name}." in code(row(10, 256, kinds), VNNI)
    assert f".{name}." in code(row(10, 256, kinds, is_stored=True), VNNI)
    assert f".{name}." not in code(row(10, 256, kinds), replace(VNNI, features="+avx512f"))


def test_the_matrix_is_offset_where_it_is_read() -> None:
    (sketch, *_) = space([row(10, 256)], VNNI).sketches
    assert [step.number for step in sketch.steps if step.name == "offset_factor"] == [1]
    assert "vpdpbssd" in code(row(10, 256), AVX)
    (sketch, *_) = space([row(10, 256)], AVX).sketches
    assert "offset_factor" not in [step.name for step in sketch.steps]


@pytest.mark.parametrize("k", [1, 32, 64, 65, 100, 127])
def test_sums_of_few_vectors_are_left(k: int) -> None:
    assert {"offset_factor", "pad_reduce"}.isdisjoint(
        step.name for sketch in space([row(10, k)], VNNI).sketches for step in sketch.steps
    )


@pytest.mark.parametrize("kinds", [("int8", "int8"), ("uint8", "int8")])
def test_other_extents_are_rounded_up_where_factors_are_read(kinds: tuple[str, str]) -> None:
    C = row(10, 193, kinds)
    sketch = space([C], VNNI).sketches[0]
    assert [step.multiple for step in sketch.steps if step.name == "pad_reduce"] == [128]
    schedule = replay([C], sketch.bind(sketch.default))
    copies = [each for each in schedule.stages if ".padded" in each.name]
    assert len(copies) == 2
    assert all(isinstance(each.attachment, Inlined) for each in copies)
    assert ".vpdpbusd." in code(C, VNNI)


@pytest.mark.parametrize("kind", ["int8", "uint8", "int16"])
@pytest.mark.parametrize(
    ("batch", "n", "k"),
    [
        *[(1, 1, 64), (1, 13, 64), (1, 7, 65), (1, 9, 192), (1, 5, 1024), (3, 11, 128)],
        *[(9, 2, 320), (1, 3, 129), (2, 6, 131), (1, 11, 191), (1, 4, 1001)],
    ],
)
@pytest.mark.parametrize("is_stored", [False, True])
def test_every_sketch_is_right(kind: str, batch: int, n: int, k: int, is_stored: bool) -> None:
    target = Target.host().with_threads(1)
    D = row(n, k, (kind, kind), batch, is_stored)
    C = D.op.input_tensors[0] if is_stored else D
    A, B = C.op.input_tensors
    random = np.random.default_rng(k)
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    a = random.integers(low, high + 1, (batch, 1, k)).astype(kind)
    b = random.integers(low, high + 1, (batch, n, k)).astype(kind)
    a[0], b[0, 0] = low, low
    expected = np.einsum("bik,bjk->bij", a.astype(np.int32), b.astype(np.int32), dtype=np.int32)
    if is_stored:
        expected = (expected >> 9).astype(np.int8)
    for sketch in space([D], target).sketches:
        for vector in (sketch.default, sketch.sample(random, 1)[0]):
            schedule = replay([D], sketch.bind(tuple(map(int, vector))))
            result = np.empty_like(expected)
            build_schedule(schedule, [A, B, D], target, threads=1)(a, b, result)
            np.testing.assert_array_equal(result, expected, err_msg=sketch.name)


def test_what_an_offset_adds_is_subtracted_where_the_result_is_read() -> None:
    D = row(10, 256, is_stored=True)
    sketch = space([D], VNNI).sketches[0]
    schedule = replay([D], sketch.bind(sketch.default))
    inlined = [each.name for each in schedule.stages if isinstance(each.attachment, Inlined)]
    assert inlined == ["C.offset", "C"]


def test_a_matrix_times_a_column_is_summed_by_instructions() -> None:
    A = te.placeholder((21, 256), "int8", name="A")
    B = te.placeholder((256, 1), "int8", name="B")
    r = te.reduce_axis((0, 256), name="k")
    C = te.compute(
        (21, 1), lambda i, j: te.sum(A[i, r].astype("int32") * B[r, j].astype("int32"), axis=r)
    )
    assert ".vpdpbusd." in code(C, VNNI)
    target = Target.host().with_threads(1)
    random = np.random.default_rng(2)
    a = random.integers(-128, 128, (21, 256)).astype("int8")
    b = random.integers(-128, 128, (256, 1)).astype("int8")
    for sketch in space([C], target).sketches:
        result = np.empty((21, 1), np.int32)
        kernel = build_schedule(replay([C], sketch.bind(sketch.default)), [A, B, C], target)
        kernel(a, b, result)
        np.testing.assert_array_equal(result, a.astype(np.int32) @ b.astype(np.int32))
