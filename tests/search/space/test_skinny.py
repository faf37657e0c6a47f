"""Skinny contractions are known by how often they use the elements of what they read."""

from __future__ import annotations

from dataclasses import replace

import pytest

from autosched import te
from autosched.ops.convolution import conv2d
from autosched.schedule.schedule import create_schedule
from autosched.search.space.generate import space
from autosched.search.space.skinny import LEAST_DOTTED, Skinny, skinny
from autosched.search.space.tiles import Core
from tests.schedule.nests import matmul
from tests.search.tasks import MACHINE

CORE = Core.of(MACHINE, 32)


def found(output: te.Tensor, core: Core = CORE) -> Skinny | None:
    return skinny(create_schedule(output)[output], core)


def test_a_few_rows_use_each_element_of_the_matrix_once_a_row() -> None:
    made = found(matmul(4, 512, 256))
    assert made is not None
    assert made.uses == 4
    assert [axis.name for axis in made.short] == ["i"]
    assert [axis.name for axis in made.long] == ["j"]
    assert [read.tensor.name for read in made.large] == ["B"]
    assert [read.tensor.name for read in made.small] == ["A"]


def test_a_few_columns_do_too() -> None:
    made = found(matmul(512, 3, 256))
    assert made is not None
    assert [read.tensor.name for read in made.large] == ["A"]
    assert made.longest is made.long[0]


def test_several_operands_may_be_large() -> None:
    A, B, D = (
        te.placeholder(shape, name=name)
        for shape, name in (((2, 256), "A"), ((256, 512), "B"), ((256, 512), "D"))
    )
    k = te.reduce_axis((0, 256), name="k")
    made = found(te.compute((2, 512), lambda i, j: te.sum(A[i, k] * B[k, j] * D[k, j], axis=k)))
    assert made is not None
    assert [read.tensor.name for read in made.large] == ["B", "D"]


def test_constants_are_packed_before_the_call() -> None:
    A = te.placeholder((4, 256), name="A")
    B = te.placeholder((256, 512), name="B", constant=True)
    k = te.reduce_axis((0, 256), name="k")
    assert found(te.compute((4, 512), lambda i, j: te.sum(A[i, k] * B[k, j], axis=k))) is None


@pytest.mark.parametrize(
    ("m", "n", "k", "why"),
    [
        (1, 512, 256, "nothing is used again"),
        (65, 512, 256, "packing costs less than the sums"),
        (4, 64, 32, "L1 has the matrix"),
        (512, 512, 256, "no operand is small"),
    ],
)
def test_other_products(m: int, n: int, k: int, why: str) -> None:
    assert found(matmul(m, n, k)) is None, why


def test_windows_overlap() -> None:
    x, w = te.placeholder((1, 8, 64, 64), name="x"), te.placeholder((4, 8, 3, 3), name="w")
    assert found(conv2d(x, w)) is None


@pytest.mark.parametrize("m", [4, 9, 32])
def test_dot_products_of_halves_are_left_to_packing(m: int) -> None:
    """Of more rows than a few, whether only the rows or both operands could be widened."""
    A = te.placeholder((m, 512), "bfloat16", name="A")
    B = te.placeholder((512, 512), "bfloat16", name="B")
    k = te.reduce_axis((0, 512), name="k")
    made = te.compute(
        (m, 512),
        lambda i, j: te.sum(A[i, k].astype("float32") * B[j, k].astype("float32"), axis=k),
    )
    features = "+avx512f,+avx512vl,+avx512bf16"
    machine = replace(MACHINE, features=features, vector_bits=512, tolerance=1e-2)
    name = space([made], machine).sketches[0].name
    assert ("_dot" in name) == (m >= LEAST_DOTTED)
    plain = replace(machine, features="+avx512f")
    assert "in_lanes" in space([made], plain).sketches[0].name
