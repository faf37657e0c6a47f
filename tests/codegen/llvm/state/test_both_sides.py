"""Both sides of a choice are evaluated where reads are inside, and only the chosen one counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autosched
from autosched import te
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.both_sides import both_sides
from autosched.codegen.llvm.state.facts import Facts
from autosched.ir import build as b
from autosched.ir.expr import Expr
from autosched.ir.stmt import For, Function, If, block
from autosched.target.target import Target
from autosched.te.dag import inputs as te_inputs
from tests.codegen.llvm.harness import (
    buffer,
    check,
    const,
    function,
    loop,
    read,
    samples,
    unrolled,
    write,
)

HOST = Target.host()
STEPS = 6


def lanes_from(first: Expr | int, lanes: int) -> Expr:
    return b.ramp(b.as_expr(first), 1, lanes)


def masked_sum(
    chosen: Callable[[Expr, Expr, Any], Expr],
    lanes: int = 16,
    kind: str = "float32",
    rows: int = STEPS,
    how: Any = loop,
) -> Function:
    """`C[j] += A[k] * B[k, j] if chosen else 0` for all k; A has `rows` elements."""
    A, B = buffer("A", [rows], kind), buffer("B", [STEPS, lanes], kind)
    M, C = buffer("M", [STEPS]), buffer("C", [lanes], kind)
    at = lanes_from(0, lanes)
    zeros = b.broadcast(b.const(0, kind), lanes)

    def update(k: Expr) -> Any:
        product = b.mul(read(A, k), read(B, k, at))
        term = b.select(chosen(k, at, M), product, zeros)
        return write(C, at, b.add(read(C, at), term))

    return function([A, B, M, C], how("k", STEPS, update))


def below(k: Expr, at: Expr, M: Any) -> Expr:
    return b.le(b.broadcast(k, at.dtype.lanes), at)


def by_data(k: Expr, at: Expr, M: Any) -> Expr:
    return b.lt(b.const(0.0, "float32"), read(M, k))


def by_both(k: Expr, at: Expr, M: Any) -> Expr:
    return b.and_(b.broadcast(by_data(k, at, M), at.dtype.lanes), below(k, at, M))


def arrays(nest: Function, kind: str = "float32") -> list[np.ndarray]:
    sizes = [int(np.prod([e.value for e in p.shape])) for p in nest.params]  # type: ignore[attr-defined]
    found = [samples(kind, size, seed, -8, 8) for seed, size in enumerate(sizes)]
    found[2] = samples("float32", sizes[2], 9)
    return found


def choices(*nests: Function) -> int:
    return len(both_sides(nests, Facts()))


@pytest.mark.parametrize("chosen", [below, by_data, by_both])
@pytest.mark.parametrize("kind", ["float32", "float64", "float16", "bfloat16", "int8", "int32"])
@pytest.mark.parametrize("lanes", [3, 16])
@pytest.mark.parametrize("how", [loop, unrolled], ids=["loop", "unrolled"])
def test_sums_of_chosen_products(chosen: Any, kind: str, lanes: int, how: Any) -> None:
    nest = masked_sum(chosen, lanes, kind, how=how)
    assert choices(nest) == 1
    rtol = {"float32": 1e-5, "float64": 1e-12, "float16": 2e-2, "bfloat16": 1e-1}.get(kind, 0)
    check(nest, arrays(nest, kind), rtol=rtol)


@pytest.mark.parametrize("chosen", [below, by_data, by_both])
def test_no_branch_and_no_mask_of_loads_is_left(chosen: Any) -> None:
    text = emit(masked_sum(chosen), target=HOST)
    assert "vector.reduce.or" not in text
    assert "masked.load" not in text
    assert "select <16 x i1>" in text


@pytest.mark.parametrize("chosen", [below, by_data, by_both])
def test_what_is_not_chosen_does_not_leak(chosen: Any) -> None:
    nest = masked_sum(chosen)
    values = arrays(nest)
    A, B, M, _ = values
    M[1::2] = -1.0
    B = B.reshape(STEPS, 16)
    A[3] = np.inf
    B[1], B[5, :3] = np.nan, -np.inf
    values[1] = B.ravel()
    expected = np.zeros(16, np.float64)
    for k in range(STEPS):
        for j in range(16):
            is_taken = (k <= j or chosen is by_data) and (M[k] > 0 or chosen is below)
            expected[j] += np.float64(A[k]) * B[k, j] if is_taken else 0.0
    found = check(nest, [A, values[1], M, np.zeros(16, np.float32)], rtol=1e-5)[-1]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert np.isfinite(found).any()


def test_a_sum_that_is_not_a_number_stays_so() -> None:
    nest = masked_sum(lambda k, at, M: b.lt(at, b.broadcast(k, 16)))
    start = np.full(16, np.nan, np.float32)
    found = check(nest, [*arrays(nest)[:3], start])
    assert np.isnan(found[-1]).all()


def test_reads_outside_of_a_buffer_keep_their_condition() -> None:
    # A ends before the last step, which no lane takes.
    nest = masked_sum(lambda k, at, M: b.lt(at, b.broadcast(const(5) - k, 16)), rows=5)
    assert choices(nest) == 0
    check(nest, arrays(nest), rtol=1e-5)


def test_a_choice_around_others_stays_if_they_rely_on_it() -> None:
    """The lanes beyond the end of B are those that the choice around leaves out."""
    B, M, C = buffer("B", [3]), buffer("M", [1]), buffer("C", [4])
    at, zeros = lanes_from(0, 4), b.broadcast(b.const(0.0, "float32"), 4)
    is_chosen = b.lt(zeros, read(M, b.broadcast(const(0), 4)))
    inner = b.select(is_chosen, read(B, at), zeros)
    term = b.select(b.lt(at, b.broadcast(const(3), 4)), inner, zeros)
    nest = function([B, M, C], write(C, at, b.add(read(C, at), term)))
    assert choices(nest) == 0
    assert "masked.load" in emit(nest, target=HOST)
    check(nest, [np.arange(size, dtype=np.float32) + 1 for size in (3, 1, 4)])


def test_indices_from_memory_keep_their_condition() -> None:
    A, index, C = buffer("A", [4]), buffer("I", [16], "int64"), buffer("C", [16])
    at = lanes_from(0, 16)
    inside = b.lt(read(index, at), b.broadcast(const(4), 16))
    value = b.select(
        inside, read(A, read(index, at)) + 1.0, b.broadcast(b.const(0.0, "float32"), 16)
    )
    nest = function([A, index, C], write(C, at, value))
    assert choices(nest) == 0
    far = np.array([0, 1, 2, 3] * 2 + [1 << 40] * 8)
    check(nest, [np.arange(4, dtype=np.float32), far, np.zeros(16, np.float32)])


def test_a_condition_around_proves_a_read() -> None:
    A, C = buffer("A", [STEPS]), buffer("C", [16])
    at = lanes_from(0, 16)

    def update(k: Expr) -> Any:
        value = b.select(below(k, at, None), b.broadcast(read(A, k), 16) + 1.0, read(C, at))
        return write(C, at, value)

    def nest(limit: int) -> Function:
        body = loop("k", 9, lambda k: If(b.lt(k, const(limit)), update(k)))
        return function([A, C], body)

    assert choices(nest(STEPS)) == 1
    assert choices(nest(STEPS + 1)) == 0
    check(nest(STEPS), [samples("float32", STEPS), samples("float32", 16, 1)])


def test_one_choice_at_two_places_is_proved_at_both() -> None:
    A, C = buffer("A", [STEPS]), buffer("C", [16])
    at = lanes_from(0, 16)
    first = loop("k", STEPS, lambda k: block())
    value = b.select(below(first.var, at, None), b.broadcast(read(A, first.var), 16), read(C, at))
    store = write(C, at, value)
    near = first.with_body(store)
    far = For(first.var, first.start, const(9), first.kind, store)
    assert choices(function([A, C], near)) == 1
    assert choices(function([A, C], near), function([A, C], far)) == 0
    assert choices(function([A, C], block(near, far))) == 0


def test_a_choice_by_data_of_what_is_no_term_keeps_its_branch() -> None:
    A, M, C = buffer("A", [STEPS, 16]), buffer("M", [STEPS]), buffer("C", [STEPS, 16])
    at = lanes_from(0, 16)
    zeros = b.broadcast(b.const(0.0, "float32"), 16)
    nest = function(
        [A, M, C],
        loop(
            "k",
            STEPS,
            lambda k: write(C, k, at, b.select(by_data(k, at, M), read(A, k, at) * 2.0, zeros)),
        ),
    )
    assert choices(nest) == 0
    check(
        nest,
        [samples("float32", STEPS * 16), samples("float32", STEPS, 1), np.zeros(96, np.float32)],
    )


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 13, 5), (17, 31, 33), (40, 19, 37)])
@pytest.mark.parametrize("condition", ["upper", "data", "both", "where", "equal"])
def test_products_with_conditions_of_any_size(condition: str, shape: tuple[int, int, int]) -> None:
    m, n, depth = shape
    A, B = te.placeholder((m, depth), name="A"), te.placeholder((depth, n), name="B")
    M, at = te.placeholder((m, depth), name="M"), te.placeholder((depth,), "int32", name="at")
    k = te.reduce_axis((0, depth), name="k")

    def chosen(i: Any, j: Any) -> Any:
        conditions = {"upper": k <= j, "where": k <= j, "data": M[i, k] > 0.0}
        conditions |= {"both": te.all(k <= j, M[i, k] > 0.0), "equal": at[k].equal(j)}
        return conditions[condition]

    def value(i: Any, j: Any) -> Any:
        product = A[i, k] * B[k, j]
        if condition == "where":
            return te.sum(product, axis=k, where=chosen(i, j))
        return te.sum(te.if_then_else(chosen(i, j), product, 0.0), axis=k)

    C = te.compute((m, n), value, name="C")
    rng = np.random.default_rng(0)
    a, x, mask = (
        rng.standard_normal(s).astype("float32") for s in ((m, depth), (depth, n), (m, depth))
    )
    a[:, -1], x[:, 0] = np.inf, np.nan
    index = rng.integers(0, n, depth).astype("int32")
    taken = np.broadcast_to(
        {
            "upper": (np.arange(depth)[:, None] <= np.arange(n))[None],
            "data": (mask > 0)[:, :, None],
            "equal": (index[:, None] == np.arange(n))[None],
        }.get(condition, (np.arange(depth)[:, None] <= np.arange(n))[None]),
        (m, depth, n),
    )
    if condition == "both":
        taken = taken & (mask > 0)[:, :, None]
    with np.errstate(invalid="ignore"):
        products = a[:, :, None].astype("float64") * x[None]
    expected = np.where(taken, products, 0.0).sum(1)
    inputs = {A: a, B: x, M: mask, at: index}
    used = [each for each in inputs if each in te_inputs([C])]
    out = np.empty((m, n), "float32")
    autosched.build([*used, C], target=HOST)(*(inputs[each] for each in used), out)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-4)
