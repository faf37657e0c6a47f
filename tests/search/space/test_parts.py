"""Parts of reduced values that are computed once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.ops.matmul import matmul
from autosched.schedule.state import AtRoot
from autosched.search.space.builder import SketchBuilder
from autosched.search.space.generate import space
from autosched.search.space.inlining import inline_producers
from autosched.search.space.parts import separate_parts
from autosched.search.space.tiles import Core
from autosched.target.target import Target
from autosched.te import dag
from autosched.te.tensor import ComputeOp

HOST = replace(Target.host(), threads=1)
CORE = Core.of(HOST, 32)
M, K, N = 19, 23, 37

Formula = Callable[[Any, Any, Any], Any]


def product(value: Formula, m: int = M, k: int = K, n: int = N) -> te.Tensor:
    """Sum `value(i, k, j)` over k."""
    r = te.reduce_axis((0, k), name="k")
    return te.compute((m, n), lambda i, j: te.sum(value(i, r, j), axis=r), name="C")


def separated(output: te.Tensor) -> list[str]:
    """The parts that are computed apart."""
    builder = SketchBuilder([output])
    separate_parts(builder, CORE)
    made = [stage for stage in builder.schedule.stages if ".part" in stage.name]
    return sorted(str(stage.op.bodies[0]) for stage in made)  # type: ignore[attr-defined]


A, B = te.placeholder((M, K), name="A"), te.placeholder((K, N), name="B")
W, S = te.placeholder((K, N), "int8", name="W"), te.placeholder((N,), name="S")
INDEX = te.placeholder((M,), "int32", name="I")
TABLE = te.placeholder((50, K), name="T")
ROW = te.placeholder((K,), name="R")
MASK = te.placeholder((M, K), name="X")

WORTHWHILE: dict[str, tuple[list[te.Tensor], Formula, list[str], Callable[..., np.ndarray]]] = {
    "function": (
        [A, B],
        lambda i, k, j: te.exp(A[i, k]) * B[k, j],
        ["exp(A[i, k])"],
        lambda a, b: np.exp(a) @ b,
    ),
    "scaled weights": (
        [A, W, S],
        lambda i, k, j: A[i, k] * (W[k, j].astype("float32") * S[j]),
        ["float32(W[k, j]) * S[j]"],
        lambda a, w, s: a @ (w * s),
    ),
    "products": (
        [A, ROW, B],
        lambda i, k, j: A[i, k] * ROW[k] * B[k, j],
        ["A[i, k] * R[k]"],
        lambda a, r, b: (a * r) @ b,
    ),
    "rows of a table": (
        [TABLE, INDEX, B],
        lambda i, k, j: TABLE[INDEX[i], k] * B[k, j],
        ["T[inside(int64(I[i])), k]"],
        lambda t, i, b: t[i] @ b,
    ),
    "mask from data": (
        [A, MASK, B],
        lambda i, k, j: te.if_then_else(MASK[i, k] > 0.0, A[i, k], 0.0) * B[k, j],
        ["select(0.0 < X[i, k], A[i, k], 0.0)"],
        lambda a, x, b: np.where(x > 0, a, 0) @ b,
    ),
    "triangle": (
        [A, B],
        lambda i, k, j: te.if_then_else(k <= i, A[i, k], 0.0) * B[k, j],
        ["select(k <= i, A[i, k], 0.0)"],
        lambda a, b: np.tril(a) @ b,
    ),
    "circle": (
        [A, ROW],
        lambda i, k, j: A[i, k] * ROW[(j + k) % K],
        ["R[(j + k)%23]"],
        lambda a, r: a @ r[np.add.outer(np.arange(K), np.arange(N)) % K],
    ),
    "function of axes": (
        [A],
        lambda i, k, j: A[i, k] * te.cos((j * k).astype("float32")),
        ["cos(float32(j*k))"],
        lambda a: a @ np.cos(np.multiply.outer(np.arange(K), np.arange(N))),
    ),
}


@pytest.mark.parametrize("name", WORTHWHILE)
def test_what_is_computed_again_for_each_output_is_a_stage(name: str) -> None:
    inputs, value, made, meant = WORTHWHILE[name]
    output = product(value)
    assert separated(output) == made
    kernel = autosched.build([*inputs, output], target=HOST)
    rng = np.random.default_rng(0)
    given = [_numbers(rng, each) for each in inputs]
    result = np.empty((M, N), "float32")
    kernel(*given, result)
    wide = [each.astype("float64") if each.dtype.kind == "f" else each for each in given]
    np.testing.assert_allclose(result, meant(*wide), rtol=1e-4, atol=1e-4)


def _numbers(rng: np.random.Generator, tensor: te.Tensor) -> np.ndarray:
    shape = [int(size.value) for size in tensor.shape]
    if tensor.dtype.name == "float32":
        return rng.standard_normal(shape).astype("float32")
    return rng.integers(0, 50, shape).astype(tensor.dtype.name)


def test_infinite_operands_meet_the_zeros_of_a_mask() -> None:
    inputs, value, _, _ = WORTHWHILE["triangle"]
    output = product(value)
    kernel = autosched.build([*inputs, output], target=HOST)
    a, b = np.ones((M, K), "float32"), np.full((K, N), np.inf, "float32")
    result = np.empty((M, N), "float32")
    kernel(a, b, result)
    assert np.isnan(result).all()  # row i meets 0 * inf, as K > M


def test_what_is_used_a_few_times_or_is_plain_stays() -> None:
    few = te.placeholder((K, 4), name="B")
    assert separated(product(lambda i, k, j: te.exp(A[i, k]) * few[k, j], n=4)) == []
    assert separated(product(lambda i, k, j: (A[i, k] + MASK[i, k]) * B[k, j])) == []
    assert separated(matmul(A, B)) == []


def test_products_of_short_sums_and_of_large_operands_of_16_bits_stay() -> None:
    assert separated(product(lambda i, k, j: A[i, k] * ROW[k] * B[k, j], k=15)) == []
    tall = te.placeholder((2 * CORE.far_bytes // K, K), "float16", name="A")

    def scaled(i: Any, k: Any, j: Any) -> Any:
        return tall[i, k].astype("float32") * ROW[k] * B[k, j]

    assert separated(product(scaled, m=M)) == ["float32(A[i, k]) * R[k]"]
    assert separated(product(scaled, m=2 * CORE.far_bytes // K)) == []


def test_stages_that_multiply_are_computed_before_a_long_sum() -> None:
    def apart(k: int) -> list[str]:
        G = te.compute((M, k), lambda i, r: A[i, r] * ROW[r], name="G")
        builder = SketchBuilder([product(lambda i, r, j: G[i, r] * B[r, j], k=k)])
        inline_producers(builder, False)
        separate_parts(builder, CORE)
        kept = [s for s in builder.schedule.stages if isinstance(s.attachment, AtRoot)]
        return [s.name for s in kept if isinstance(s.op, ComputeOp)]

    assert apart(K) == ["G", "C"]
    assert apart(15) == ["C"]


def test_what_depends_on_all_axes_stays() -> None:
    assert separated(product(lambda i, k, j: te.exp(A[i, k] + B[k, j]))) == []


def test_padding_that_windows_read_is_left_to_its_rules() -> None:
    X, F = te.placeholder((8, 60), name="X"), te.placeholder((32, 8, 3), name="F")
    c, t = te.reduce_axis((0, 8), name="c"), te.reduce_axis((0, 3), name="t")

    def tap(f: Any, x: Any) -> Any:
        inside = te.all(x + t >= 1, x + t < 61)
        return te.if_then_else(inside, X[c, x + t - 1], 0.0) * F[f, c, t]

    assert separated(te.compute((32, 60), lambda f, x: te.sum(tap(f, x), axis=[c, t]))) == []


def test_dot_products_take_operands_as_they_are() -> None:
    fast = Core.of(replace(HOST, features="+avx512f,+avx512vnni,+avx512vl"), 32)
    left, right = te.placeholder((32, 64), "uint8"), te.placeholder((64, 48), "int8")
    wide = lambda x: x.astype("int32")  # noqa: E731
    output = product(lambda i, k, j: wide(left[i, k]) * wide(right[k, j]), 32, 64, 48)
    assert not separate_parts(SketchBuilder([output]), fast)


OPERANDS: dict[str, Callable[[Any, Any], Any]] = {
    "gathered rows": lambda i, k: TABLE[INDEX[i], k],
    "rows divided by a number each": lambda i, k: MASK[i, k] / TABLE[i, 0],
    "a quarter": lambda i, k: MASK[i, k] / 4.0,
    "sum": lambda i, k: MASK[i, k] + TABLE[i, k],
    "clipped": lambda i, k: te.clip(MASK[i, k], -1.0, 1.0),
    "hard swish": lambda i, k: MASK[i, k] * te.clip(MASK[i, k] / 8.0 + 0.5, 0.0, 1.0),
}
SLOW = ("gathered rows", "rows divided by a number each", "hard swish")


def stages_apart(element: Callable[[Any, Any], Any], n: int = N) -> tuple[te.Tensor, list[str]]:
    """A product of a stage, which another one may double, and the stages that are computed."""
    G = te.compute((M, K), element, name="G")
    H = te.compute((M, K), lambda i, k: G[i, k] + G[i, k], name="H")
    output = product(lambda i, k, j: H[i, k] * B[k, j], n=n)
    builder = SketchBuilder([output])
    inline_producers(builder, False)
    separate_parts(builder, CORE)
    kept = [s for s in builder.schedule.stages if isinstance(s.attachment, AtRoot)]
    return output, [s.name for s in kept if isinstance(s.op, ComputeOp)]


@pytest.mark.parametrize("name", list(OPERANDS))
def test_stages_that_are_slow_are_computed_before_a_product(name: str) -> None:
    output, made = stages_apart(OPERANDS[name])
    assert made == (["H", "C"] if name in SLOW else ["C"])
    inputs = [MASK, TABLE, INDEX, B]
    rng = np.random.default_rng(0)
    sizes = (M, K), (50, K), (K, N)
    x, table, b = (rng.standard_normal(size).astype("float32") for size in sizes)
    index = rng.integers(0, 50, M).astype("int32")
    used = [each for each in inputs if each in dag.inputs([output])]
    arrays = dict(zip(inputs, (x, table, index, b), strict=True))
    found = np.empty((M, N), "float32")
    autosched.build([*used, output], target=HOST)(*(arrays[each] for each in used), found)
    element = {
        "gathered rows": table[index],
        "rows divided by a number each": x / table[:M, :1],
        "a quarter": x / 4,
        "sum": x + table[:M],
        "clipped": np.clip(x, -1, 1),
        "hard swish": x * np.clip(x / 8 + 0.5, 0, 1),
    }[name]
    np.testing.assert_allclose(found, 2 * element @ b, rtol=1e-3, atol=1e-2)


def test_stages_of_which_few_elements_are_used_again_stay_inlined() -> None:
    assert stages_apart(OPERANDS["gathered rows"], n=5)[1] == ["C"]


def test_sizes_that_are_not_known() -> None:
    n = te.var("n")
    X, Y = te.placeholder((n, n), name="X"), te.placeholder((n, n), name="Y")
    k = te.reduce_axis((0, n), name="k")
    output = te.compute((n, n), lambda i, j: te.sum(te.exp(X[i, k]) * Y[k, j], axis=k), name="C")
    assert separated(output) == ["exp(X[i, k])"]
    kernel = autosched.build([X, Y, output], target=HOST)
    x = np.random.default_rng(0).standard_normal((2, 13, 13)).astype("float32")
    result = np.empty((13, 13), "float32")
    kernel(*x, result)
    np.testing.assert_allclose(result, np.exp(x[0]) @ x[1], rtol=1e-4, atol=1e-4)


def test_a_search_has_both_kinds_of_loops() -> None:
    value = WORTHWHILE["function"][1]
    names = [sketch.name for sketch in space([product(value)], HOST).sketches]
    assert "_parts" in names[0]
    assert any("_parts" not in name and name != "plain" for name in names)


def quantized(x: Any) -> Any:
    return te.clip(te.round(x * 20.0), -127.0, 127.0).astype("int8")


@pytest.mark.parametrize("is_stage", [False, True])
@pytest.mark.parametrize(("m", "k", "n"), [(5, 24, 33), (1, 128, 40), (17, 16, 19)])
def test_what_dot_products_take_is_computed_once(m: int, k: int, n: int, is_stage: bool) -> None:
    fast = replace(HOST, features="+avx512f,+avx512vnni,+avx512vl", vector_bits=512)
    x, w = te.placeholder((m, k), name="x"), te.placeholder((n, k), "int8", name="w")
    Q = te.compute((m, k), lambda i, r: quantized(x[i, r]), name="Q")
    element = (lambda i, r: Q[i, r]) if is_stage else (lambda i, r: quantized(x[i, r]))
    wide = lambda value: value.astype("int32")  # noqa: E731
    output = product(lambda i, r, j: wide(element(i, r)) * wide(w[j, r]), m, k, n)
    builder = SketchBuilder([output])
    inline_producers(builder, False)
    assert separate_parts(builder, Core.of(fast, 32))
    made = [s.op for s in builder.schedule.stages if isinstance(s.attachment, AtRoot)]
    rounding = [op for op in made if isinstance(op, ComputeOp) and "round" in str(op.bodies[0])]
    assert [len(op.reduce_axis) for op in rounding] == [0]
    rng = np.random.default_rng(0)
    values = rng.standard_normal((m, k)).astype("float32")
    weights = rng.integers(-128, 128, (n, k)).astype("int8")
    found = np.empty((m, n), "int32")
    autosched.build([x, w, output], target=HOST)(values, weights, found)
    rounded = np.clip(np.round(values * np.float32(20)), -127, 127).astype("int32")
    np.testing.assert_array_equal(found, rounded @ weights.T.astype("int32"))


def test_numbers_that_are_rounded_for_dot_products_are_rounded_once() -> None:
    fast = replace(HOST, features="+avx512f,+avx512bf16,+avx512vl", vector_bits=512)
    short = lambda value: value.astype("bfloat16").astype("float32")  # noqa: E731
    a, b = te.placeholder((M, 24), name="a"), te.placeholder((24, N), name="b")
    output = product(lambda i, k, j: short(a[i, k]) * short(b[k, j]), k=24)
    builder = SketchBuilder([output])
    assert separate_parts(builder, Core.of(fast, 32))
    made = [stage.op for stage in builder.schedule.stages if ".part" in stage.name]
    assert [op.outputs[0].dtype.name for op in made] == ["bfloat16", "bfloat16"]
    kernel = autosched.build([a, b, output], target=HOST)
    rng = np.random.default_rng(0)
    right = rng.integers(-99, 99, (24, N)).astype("float32")  # bfloat16 has these numbers
    third = np.full((M, 24), 1 / 3, "float32")
    found = np.full((M, 1), 0.333984375, "float32") * right.sum(0)
    np.testing.assert_array_equal(kernel(third, right), found)


def test_indices_of_axes_stay_in_the_loops() -> None:
    """A row of a transposed convolution with stride 3 and dilation 2."""
    X, F = te.placeholder((2, 5), name="X"), te.placeholder((2, 4), name="F")
    c, t = te.reduce_axis((0, 2), name="c"), te.reduce_axis((0, 4), name="t")

    def value(f: Any, x: Any) -> Any:
        at = x - t * 2
        meets = te.all(at >= 0, te.floormod(at, 3).equal(0), te.floordiv(at, 3) < 5)
        product = X[c, te.floordiv(at, 3)] * F[c, t]
        return te.sum(te.if_then_else(meets, product, 0.0), axis=[c, t])

    output = te.compute((20, 19), value, name="C")
    assert not [each for each in separated(output) if "[" not in each]
    x, f = np.arange(10, dtype="float32").reshape(2, 5), np.arange(8, dtype="float32").reshape(2, 4)
    row = np.zeros(19, "float32")
    for place in range(5):
        for tap in range(4):
            if place * 3 + tap * 2 < 19:
                row[place * 3 + tap * 2] += x[:, place] @ f[:, tap]
    kernel = autosched.build([X, F, output], target=HOST)
    np.testing.assert_allclose(kernel(x, f), np.tile(row, (20, 1)), rtol=1e-5)


def under(condition: Callable[[Any, Any, Any], Any], value: Formula, is_choice: bool) -> te.Tensor:
    """Sum `value(i, k, j)` over the k for which a condition holds."""
    if is_choice:
        return product(lambda i, k, j: te.if_then_else(condition(i, k, j), value(i, k, j), 0.0))
    r = te.reduce_axis((0, K), name="k")
    masked = lambda i, j: te.sum(value(i, r, j), axis=r, where=condition(i, r, j))  # noqa: E731
    return te.compute((M, N), masked, name="C")


def decay(i: Any, k: Any, j: Any) -> Any:
    """Weights of a moving average."""
    return A[i, k] * te.pow(te.const(0.5, "float32"), (j - k).astype("float32"))


@pytest.mark.parametrize("is_choice", [False, True])
@pytest.mark.parametrize("threads", [1, 2])
def test_what_a_condition_guards_is_computed_once(is_choice: bool, threads: int) -> None:
    output = under(lambda i, k, j: k <= j, decay, is_choice)
    assert separated(output) == ["pow(0.5, float32(j - k))"]
    a = np.random.default_rng(0).standard_normal((M, K)).astype("float32")
    a[3, 20] = np.inf
    a[4, 9] = np.nan
    found = np.empty((M, N), "float32")
    autosched.build([A, output], target=HOST, threads=threads)(a, found)
    k, j = np.ogrid[:K, :N]
    weights = np.where(k <= j, 0.5 ** np.maximum(j - k, 0), 0.0)
    with np.errstate(invalid="ignore"):
        terms = np.where(k <= j, a[:, :, None] * weights, 0.0)
    np.testing.assert_allclose(found, terms.sum(1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("is_choice", [False, True])
def test_rows_of_a_function_under_masks_from_data(is_choice: bool) -> None:
    output = under(
        lambda i, k, j: MASK[i, k] > 0.0, lambda i, k, j: te.log(A[i, k]) * B[k, j], is_choice
    )
    assert separated(output) == ["log(A[i, k])"]
    rng = np.random.default_rng(0)
    a = rng.standard_normal((M, K)).astype("float32")  # half of the logarithms are no numbers
    b = rng.standard_normal((K, N)).astype("float32")
    found = np.empty((M, N), "float32")
    autosched.build([A, MASK, B, output], target=HOST)(a, a, b, found)
    expected = np.log(np.where(a > 0, a, 1.0)) @ b
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)


def test_what_few_terms_use_by_a_condition_stays() -> None:
    """Of all `i` the terms of one `j` use a power."""
    value = lambda i, k, j: te.exp(A[i, k]) * B[k, j]  # noqa: E731
    assert separated(under(lambda i, k, j: j.equal(i), value, False)) == []
    assert separated(under(lambda i, k, j: j <= i, value, False)) == ["exp(A[i, k])"]
