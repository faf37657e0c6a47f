"""Products of int8 are computed by instructions for uint8 and int8, with an offset."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from autosched import te
from autosched.building import build_schedule
from autosched.schedule.sketch import Sketch
from autosched.schedule.state import Inlined
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from tests.search.tasks import MACHINE

VNNI = replace(MACHINE, features="+avx512f,+avx512vl,+avx512vnni", vector_bits=512)


def product(
    kinds: tuple[str, str] = ("int8", "int8"),
    shape: tuple[int, int, int] = (20, 32, 64),
    constants: tuple[bool, bool] = (False, False),
) -> te.Tensor:
    m, n, k = shape
    A = te.placeholder((m, k), kinds[0], name="A", constant=constants[0])
    B = te.placeholder((k, n), kinds[1], name="B", constant=constants[1])
    r = te.reduce_axis((0, k), name="k")
    return te.compute(
        (m, n), lambda i, j: te.sum(A[i, r].astype("int32") * B[r, j].astype("int32"), axis=r)
    )


def first(output: te.Tensor, target: Target = VNNI) -> Sketch:
    return space([output], target).sketches[0]


def offset(output: te.Tensor, target: Target = VNNI) -> int | None:
    """The number of the factor that the first sketch offsets."""
    found = [step.number for step in first(output, target).steps if step.name == "offset_factor"]
    return found[0] if found else None


def test_dot_products_compute_what_is_offset() -> None:
    assert first(product()).name.endswith("_dot")


@pytest.mark.parametrize(
    ("shape", "constants", "number"),
    [
        ((20, 32, 64), (False, False), 1),
        ((32, 20, 64), (False, False), 0),
        ((32, 20, 64), (False, True), 0),
        ((20, 32, 64), (True, False), 1),
    ],
)
def test_the_factor_is_offset_for_which_less_is_summed_or_that_which_is_no_constant(
    shape: tuple[int, int, int], constants: tuple[bool, bool], number: int
) -> None:
    assert offset(product(shape=shape, constants=constants)) == number


def test_an_offset_is_added_where_the_factor_is_packed() -> None:
    C = product(shape=(20, 64, 64))
    sketch = first(C)
    schedule = replay([C], sketch.bind(sketch.default))
    (made,) = (each for each in schedule.stages if each.name.endswith(".offset"))
    assert isinstance(made.attachment, Inlined)
    assert [int(size.value) for size in made.op.outputs[0].shape] == [64, 64]
    assert [axis.name for axis in made.op.axis] == ["k", "j"]


@pytest.mark.parametrize(
    ("kinds", "target"),
    [
        (("uint8", "int8"), VNNI),
        (("uint8", "int16"), VNNI),
        (("int8", "int8"), MACHINE),
        (("int8", "int8"), replace(VNNI, features=VNNI.features + ",+avx10.2")),
    ],
)
def test_nothing_is_offset_without_need_or_use(kinds: tuple[str, str], target: Target) -> None:
    assert offset(product(kinds), target) is None


def test_sums_that_no_instruction_takes_are_left() -> None:
    assert offset(product(shape=(20, 32, 2))) is None


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_a_kernel_of_this_machine(kind: str) -> None:
    target = Target.host().with_threads(1)
    C = product((kind, kind), shape=(5, 19, 128))
    A, B = C.op.input_tensors
    sketch = first(C, target)
    kernel = build_schedule(replay([C], sketch.bind(sketch.default)), [A, B, C], target, threads=1)
    random = np.random.default_rng(1)
    low, high = np.iinfo(kind).min, np.iinfo(kind).max
    a, b = (random.integers(low, high + 1, size).astype(kind) for size in ((5, 128), (128, 19)))
    a[0], b[:, 0], a[1], b[:, 1] = low, low, high, high
    result = np.empty((5, 19), np.int32)
    kernel(a, b, result)
    np.testing.assert_array_equal(result, a.astype(np.int32) @ b.astype(np.int32))


def test_what_copies_cannot_reorder_is_converted_once() -> None:
    A = te.placeholder((4, 96, 2, 31, 3), "int8", name="A")
    B = te.placeholder((12, 64, 31), "int8", name="B")
    k, t = te.reduce_axis((0, 31), name="k"), te.reduce_axis((0, 3), name="t")
    C = te.compute(
        (4, 96, 64),
        lambda b, i, j: te.sum(
            A[b, i, 1, k, t].astype("int32") * B[t * 4 + b, j, k].astype("int32"), axis=[k, t]
        ),
    )
    steps = {step.name for step in first(C).steps}
    assert "offset_factor" not in steps
    assert "cache_part" in steps
