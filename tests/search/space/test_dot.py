"""Contractions of bytes: which have dot products, and what their sketches compute."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ir.expr import Const
from autosched.ir.stmt import For, LoopKind
from autosched.ir.traverse import iter_stmts
from autosched.ops.transposed_convolution import transposed_convolution
from autosched.schedule.schedule import create_schedule
from autosched.schedule.trace import replay
from autosched.search.space.dot import dot_axis
from autosched.search.space.generate import space
from autosched.search.space.structure import contraction
from autosched.target.dot_products import dot_products
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from autosched.te.tensor import Tensor

HOST = Target.host()
VNNI = dot_products(replace(HOST, features="+avx512vnni", vector_bits=512))
WITH = replace(HOST, features=f"{HOST.features},+avx512f,+avx512vl,+avx512vnni,+avxvnni")


def matmul(m: int, n: int, k: int, a: str = "uint8", b: str = "int8") -> list[Tensor]:
    A = te.placeholder((m, k), a, name="A")
    B = te.placeholder((k, n), b, name="B", constant=True)
    r = te.reduce_axis((0, k), name="r")
    C = te.compute(
        (m, n),
        lambda i, j: te.sum(A[i, r].astype("int32") * B[r, j].astype("int32"), axis=r),
        name="C",
    )
    return [A, B, C]


def transposed(m: int, n: int, k: int, constant: bool = True) -> list[Tensor]:
    A = te.placeholder((m, k), "uint8", name="A")
    B = te.placeholder((n, k), "int8", name="B", constant=constant)
    r = te.reduce_axis((0, k), name="r")
    C = te.compute(
        (m, n),
        lambda i, j: te.sum(A[i, r].astype("int32") * B[j, r].astype("int32"), axis=r),
        name="C",
    )
    return [A, B, C]


def convolution(
    ci: int, size: int, co: int, window: int, stride: int = 1, constant: bool = True
) -> list[Tensor]:
    A = te.placeholder((ci, size, size), "uint8", name="A")
    B = te.placeholder((co, ci, window, window), "int8", name="B", constant=constant)
    pad, whole = window // 2, size + 2 * (window // 2)
    inside = lambda y, x: te.all(y >= pad, y < size + pad, x >= pad, x < size + pad)  # noqa: E731
    P = te.compute(
        (ci, whole, whole),
        lambda c, y, x: te.if_then_else(inside(y, x), A[c, y - pad, x - pad], te.const(0, "uint8")),
        name="P",
    )
    c = te.reduce_axis((0, ci), name="c")
    dy, dx = te.reduce_axis((0, window), name="dy"), te.reduce_axis((0, window), name="dx")
    out = (whole - window) // stride + 1
    C = te.compute(
        (co, out, out),
        lambda f, y, x: te.sum(
            P[c, y * stride + dy, x * stride + dx].astype("int32")
            * B[f, c, dy, dx].astype("int32"),
            axis=[c, dy, dx],
        ),
        name="C",
    )
    return [A, B, C]


def where(ci: int, size: int, co: int, window: int) -> list[Tensor]:
    """A convolution whose sum leaves out what is beyond the edge."""
    A = te.placeholder((ci, size, size), "uint8", name="A")
    B = te.placeholder((co, ci, window, window), "int8", name="B", constant=True)
    c = te.reduce_axis((0, ci), name="c")
    dy, dx = te.reduce_axis((0, window), name="dy"), te.reduce_axis((0, window), name="dx")

    def taps(f: Any, y: Any, x: Any) -> Any:
        v, h = y + dy - window // 2, x + dx - window // 2
        product = A[c, v, h].astype("int32") * B[f, c, dy, dx].astype("int32")
        inside = te.all(v >= 0, v < size, h >= 0, h < size)
        return te.sum(product, axis=[c, dy, dx], where=inside)

    return [A, B, te.compute((co, size, size), taps, name="C")]


def grouped(
    groups: int, ci: int, size: int, co: int, window: int, kind: str = "uint8"
) -> list[Tensor]:
    """A convolution of groups of `ci` channels to `co`."""
    A = te.placeholder((groups * ci, size, size), kind, name="A")
    B = te.placeholder((groups * co, ci, window, window), "int8", name="B", constant=True)
    c = te.reduce_axis((0, ci), name="c")
    dy, dx = te.reduce_axis((0, window), name="dy"), te.reduce_axis((0, window), name="dx")

    def taps(f: Any, y: Any, x: Any) -> Any:
        point = A[f // co * ci + c, y + dy, x + dx].astype("int32")
        return te.sum(point * B[f, c, dy, dx].astype("int32"), axis=[c, dy, dx])

    out = size - window + 1
    return [A, B, te.compute((groups * co, out, out), taps, name="C")]


def batched(batch: int, m: int, n: int, k: int, start: int = 0) -> list[Tensor]:
    """Products of slices of rows, as of the heads of attention."""
    A = te.placeholder((m, batch * k + start), "uint8", name="A")
    B = te.placeholder((batch, k, n), "int8", name="B")
    r = te.reduce_axis((0, k), name="r")
    C = te.compute(
        (batch, m, n),
        lambda g, i, j: te.sum(
            A[i, g * k + r + start].astype("int32") * B[g, r, j].astype("int32"), axis=r
        ),
        name="C",
    )
    return [A, B, C]


def has_dots(tensors: list[Tensor]) -> bool:
    stage = create_schedule(tensors[-1])[tensors[-1]]
    found = contraction(stage)
    assert found is not None
    return dot_axis(found, VNNI) is not None


def test_bytes_of_either_sign_along_a_whole_number_of_groups() -> None:
    assert has_dots(matmul(8, 8, 12))
    assert has_dots(matmul(8, 8, 12, "int8", "uint8"))
    assert has_dots(convolution(4, 6, 8, 3))
    assert not has_dots(matmul(8, 8, 10))
    assert not has_dots(matmul(8, 8, 12, "int8", "int8"))
    assert not has_dots(matmul(8, 8, 12, "uint8", "int16"))
    assert not has_dots(convolution(3, 6, 8, 3))


def test_inner_parts_of_a_dimension_that_begin_at_whole_groups() -> None:
    assert has_dots(grouped(3, 8, 6, 16, 3))
    assert has_dots(batched(2, 5, 7, 8))
    assert has_dots(batched(2, 5, 7, 8, start=4))
    assert not has_dots(batched(2, 5, 7, 8, start=2))
    r = te.reduce_axis((0, 8), name="r")
    A = te.placeholder((5, 30), "uint8", name="A")
    B = te.placeholder((8, 7), "int8", name="B")
    for index in (lambda j: 2 * r + j * 0, lambda j: r + r // 2, lambda j: r + j):
        C = te.compute(
            (5, 7),
            lambda i, j, index=index: te.sum(
                A[i, index(j)].astype("int32") * B[r, j].astype("int32"), axis=r
            ),
        )
        stage = contraction(create_schedule(C)[C])
        assert stage is None or dot_axis(stage, VNNI) is None


@pytest.mark.parametrize("kind", ["uint8", "int8"])
def test_groups_of_channels_are_divided_for_them_also_where_they_are_few(kind: str) -> None:
    assert "_dot" in space([grouped(3, 8, 9, 4, 3, kind)[-1]], WITH).sketches[0].name
    plain = space([grouped(3, 6, 9, 4, 3, kind)[-1]], WITH).sketches
    assert not any("_dot" in each.name for each in plain)
    assert not any(step.name == "offset_factor" for each in plain for step in each.steps)


@pytest.mark.parametrize(
    "tensors",
    [
        matmul(7, 40, 12),
        convolution(8, 7, 20, 3),
        convolution(4, 9, 16, 1),
        convolution(8, 8, 5, 5, 2),
        convolution(4, 70, 16, 1),
        convolution(8, 20, 19, 3, constant=False),
        where(8, 7, 20, 3),
        grouped(3, 8, 9, 5, 3),
        grouped(2, 4, 7, 17, 1),
        batched(3, 5, 19, 8, start=4),
        transposed(7, 50, 12),
        transposed(7, 50, 12, constant=False),
    ],
    ids=[
        "matmul",
        "conv3",
        "conv1",
        "conv5s2",
        "long rows",
        "weights at call",
        "where",
        "groups",
        "wide groups",
        "slices",
        "transposed",
        "at call",
    ],
)
def test_every_sketch_computes_the_sums(tensors: list[Tensor]) -> None:
    random = np.random.default_rng(0)
    A, B, C = tensors
    a = random.integers(0, 256, [int(n.value) for n in A.shape]).astype(np.uint8)
    b = random.integers(-128, 128, [int(n.value) for n in B.shape]).astype(np.int8)
    (expected,) = evaluate([C], {A: a, B: b}, {})
    sketches = [each for each in space([C], WITH).sketches if "_dot" in each.name]
    assert sketches
    for sketch in sketches[:3]:
        schedule = replay([C], sketch.bind(sketch.default))
        kernel = autosched.build(schedule, tensors, threads=1)
        result = kernel.bind(B=b)(a) if B.op.constant else kernel(a, b)
        np.testing.assert_array_equal(result, expected)


def test_weights_that_come_with_a_call_are_packed_for_them() -> None:
    """Windows along the rows of an image cannot be."""
    for window in (1, 3):
        output = convolution(8, 20, 19, window, constant=False)[-1]
        assert "_dot" in space([output], WITH).sketches[0].name


@pytest.mark.parametrize(("window", "stride"), [(4, 2), (3, 2), (5, 3)])
def test_weights_that_are_chosen_stay_narrow_for_them(window: int, stride: int) -> None:
    data = te.placeholder((1, 8, 6, 5), "int8", name="data")
    weight = te.placeholder((8, 20, window, window), "int8", name="weight", constant=True)
    output = transposed_convolution(data, weight, stride=stride, padding=1, out_dtype="int32")
    sketch = space([output], WITH).sketches[0]
    assert "_dot" in sketch.name
    random = np.random.default_rng(0)
    x, w = (
        random.integers(-128, 128, shape).astype("int8")
        for shape in ((1, 8, 6, 5), (8, 20, window, window))
    )
    (expected,) = evaluate([output], {data: x, weight: w}, {})
    kernel = autosched.build(
        replay([output], sketch.bind(sketch.default)), [data, weight, output], threads=1
    )
    np.testing.assert_array_equal(kernel.bind(weight=w)(x), expected)


def test_copies_interleave_as_many_bytes_as_a_vector_has() -> None:
    def longest(size: int) -> int:
        tensors = convolution(4, size, 16, 1)
        sketch = next(each for each in space([tensors[-1]], WITH).sketches if "_dot" in each.name)
        nest = autosched.lower(replay([tensors[-1]], sketch.bind(sketch.default)), tensors)
        loops = [stmt for stmt in iter_stmts(nest.body) if isinstance(stmt, For)]
        vectors = [loop.extent for loop in loops if loop.kind is LoopKind.VECTORIZED]
        return max(extent.value for extent in vectors if isinstance(extent, Const))

    whole = WITH.vector_bits // 8
    assert longest(whole - 1) == whole - 1
    assert longest(whole + 6) == whole


@pytest.mark.parametrize(
    ("tensors", "in_words"),
    [
        (convolution(16, 9, 64, 3), False),
        (transposed(16, 64, 32), True),
        (transposed(16, 64, 32, constant=False), True),
    ],
    ids=["apart", "neighbours", "at call"],
)
def test_bytes_that_vectors_would_gather_are_moved_one_dot_product_at_a_time(
    tensors: list[Tensor], in_words: bool
) -> None:
    _, B, C = tensors
    found = [each for each in space([C], WITH).sketches if "_dot" in each.name]
    assert found
    for sketch in found:
        schedule = replay([C], sketch.bind(sketch.default))
        packed = [each for each in schedule.consumers(schedule[B]) if len(each.op.axis) > 3]
        assert packed
        for copy in packed:
            kinds = {copy.kinds.get(axis) for axis in copy.op.axis[-2 if in_words else -1 :]}
            assert kinds == {LoopKind.UNROLLED}
            assert (LoopKind.VECTORIZED in copy.kinds.values()) == in_words


@pytest.mark.parametrize(("k", "steps"), [(64, 0), (2048, 4)], ids=["near", "far"])
def test_weights_that_leave_the_cache_during_a_call_are_prefetched(k: int, steps: int) -> None:
    target = replace(WITH, l2_bytes=1 << 18)
    sketch = next(each for each in space(matmul(16, 64, k)[2:], target).sketches)
    (place,) = (n for n, each in enumerate(sketch.decisions) if each.name == "B.prefetch")
    assert sketch.default[place] == steps


def test_a_target_without_them_has_no_such_sketch() -> None:
    without = ",".join(f for f in HOST.features.split(",") if "vnni" not in f)
    names = [
        each.name for each in space(matmul(8, 32, 16)[2:], replace(HOST, features=without)).sketches
    ]
    assert not any(name.endswith("_dot") for name in names)
