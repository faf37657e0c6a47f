"""StableHLO programs that JAX exports: the graph's meaning, and its kernels', are JAX's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import autosched
from autosched.errors import GraphError
from autosched.graph.evaluate import evaluate

jax = pytest.importorskip("jax")
jnp, lax = jax.numpy, jax.lax

random = np.random.default_rng(0)


def floats(*shape: int) -> np.ndarray:
    return random.standard_normal(shape).astype(np.float32)


def exported(function: Callable[..., Any], *arrays: np.ndarray) -> Any:
    kinds = [jax.ShapeDtypeStruct(array.shape, array.dtype) for array in arrays]
    return jax.export.export(jax.jit(function))(*kinds)


def network(x: Any, weight: Any, scale: Any, shift: Any) -> Any:
    numbers = ("NHWC", "HWIO", "NHWC")
    y = lax.conv_general_dilated(x, weight, (2, 2), "SAME", dimension_numbers=numbers)
    y = jax.nn.relu(y * scale + shift)
    y = lax.reduce_window(y, -jnp.inf, lax.max, (1, 2, 2, 1), (1, 2, 2, 1), "VALID")
    return jnp.mean(y, axis=(1, 2))


def transformer(x: Any, w: Any, out: Any, up: Any, down: Any, ids: Any, table: Any) -> Any:
    x = x + table[ids]
    h = (x - x.mean(-1, keepdims=True)) / jnp.sqrt(x.var(-1, keepdims=True) + 1e-5)
    q, k, v = ((h @ one).reshape(3, 4, 8).transpose(1, 0, 2) for one in w)
    mask = jnp.tril(jnp.ones((3, 3), bool))
    scores = jnp.where(mask, q @ k.transpose(0, 2, 1) / np.sqrt(8), -1e9)
    x = x + (jax.nn.softmax(scores) @ v).transpose(1, 0, 2).reshape(3, 32) @ out
    return x + jax.nn.gelu(x @ up) @ down


def pools(x: Any) -> Any:
    kernel, strides = (1, 3, 3, 1), (1, 2, 2, 1)
    return (
        lax.reduce_window(x, 0.0, lax.add, kernel, strides, "SAME"),
        lax.reduce_window(x, -jnp.inf, lax.max, kernel, strides, "VALID"),
        lax.reduce_window(x, jnp.inf, lax.min, (1, 1, 2, 2), (1, 1, 1, 1), "VALID"),
    )


def taken(x: Any, at: Any) -> Any:
    part = lax.dynamic_slice(x, (at[0], 0, 1), (2, 6, 3))
    return x[at], x[:, at], jnp.take(x, at, axis=2), part, x[1:4:2, ::-1]


def indexed(x: Any, at: Any, m: Any) -> Any:
    """Gathers of elements, of columns and of windows; indices outside count as JAX says."""
    x, at, m = map(jnp.asarray, (x, at, m))
    each = jax.vmap(lambda row, place: lax.dynamic_slice(row, (place, 1), (2, 3)))(x, at)
    along = jnp.take_along_axis(x, m[:, :2, None].astype(jnp.int32) * 2, 1)
    filled = jnp.take(x, at, axis=1, mode="fill")
    return x[at, 1 - at], x[at, :, at], x[:, at, 2:5], each, along, filled, m[at[0], at]


def updated(x: Any, at: Any, m: Any) -> Any:
    """Updates of rows, elements, columns, slices and of each batch; those outside are dropped."""
    x, at, m = map(jnp.asarray, (x, at, m))
    each = jax.vmap(lambda row, place: row.at[place].min(0.0))(x, at)
    rows = m.at[at].set(m[: at.size] + 1), m.at[at].add(1.0), m.at[at].max(m[2:3])
    gradient = jax.grad(lambda table: (table[at] ** 2).sum())(m)
    parts = x.at[1:3, ::2].set(3.0), x.at[at, :, at].mul(m[: at.size, :6])
    return *rows, *parts, each, x.at[:, 2, at].add(m[: at.size, :5].T), gradient


def truths(x: Any) -> Any:
    return (x > 0) & (x < 1), jnp.any(x > 1, axis=1), jnp.all(x > -9), jnp.isfinite(x)


def looped(x: Any, w: Any) -> Any:
    """A recurrent network, a loop whose number of runs data tell, and one in another."""
    last, all_of_them = lax.scan(lambda h, row: (jnp.tanh(row + h @ w),) * 2, w[0], x)
    halved = lax.while_loop(lambda v: v.sum() > 0.1, lambda v: v / 2, jnp.abs(x))
    power = lax.fori_loop(0, 3, lambda i, v: lax.fori_loop(0, i + 1, lambda _, u: u @ w, v), x)
    return last, all_of_them, halved, power + 1


def chosen(x: Any, at: Any) -> Any:
    scale = x.max()
    negative = lax.cond(at > 1, lambda v: -v * scale, lambda v: v + 1, x)
    return negative * 2, lax.cond(at > 9, lambda: x, lambda: x * 3)


CASES: dict[str, tuple[Callable[..., Any], list[np.ndarray]]] = {
    "network": (network, [floats(1, 9, 10, 3), floats(3, 3, 3, 8), floats(8), floats(8)]),
    "transformer": (
        transformer,
        [
            floats(3, 32),
            floats(3, 32, 32) / 6,
            floats(32, 32) / 6,
            floats(32, 48) / 6,
            floats(48, 32) / 6,
            np.array([3, 0, 99], np.int32),
            floats(100, 32),
        ],
    ),
    "looped": (looped, [floats(5, 4), floats(4, 4) / 2]),
    "chosen": (chosen, [floats(2, 3), np.array(3, np.int32)]),
    "put": (
        lambda x, part, at: (
            lax.dynamic_update_slice(x, part[:1], (at[0], 0 * at[0])),
            lax.dynamic_update_slice(x, part[:, :3], (at[1], at[0])),
        ),
        [floats(5, 4), floats(2, 4), np.array([3, 99], np.int32)],
    ),
    "sorted": (
        lambda x, n: (
            jnp.sort(x),
            jnp.sort(x, 0, descending=True),
            jnp.argsort(x, axis=0),
            jnp.argsort(n, stable=True),
            lax.sort((n, x), dimension=1, num_keys=1),
            lax.top_k(x, 2),
        ),
        [
            np.array([[2, np.nan, -np.inf, 1, 2], [0, -0.0, np.inf, 0, -1]], np.float32),
            random.integers(0, 3, (2, 5)).astype(np.int32),
        ],
    ),
    "sorted by several": (
        lambda n, x: (lax.sort((n, x, n * x), num_keys=2), jnp.lexsort((x[0], n[0], n[1]))),
        [
            random.integers(0, 3, (2, 7)).astype(np.int32),
            random.integers(-1, 2, (2, 7)).astype(np.float32),
        ],
    ),
    "pools": (pools, [floats(2, 9, 8, 3)]),
    "gradients of pools": (
        lambda x: jax.grad(lambda x: sum((pool**2).sum() for pool in pools(jax.nn.relu(x))))(x),
        [floats(1, 7, 6, 2)],
    ),
    "taken": (taken, [floats(5, 6, 7), np.array([1, 3, 0], np.int32)]),
    "indexed": (indexed, [floats(5, 6, 7), np.array([1, -3, 0, 9, 2], np.int32), floats(5, 6)]),
    "updated": (updated, [floats(5, 6, 7), np.array([1, -3, 0, 9, 1], np.int32), floats(9, 7)]),
    "subtracted": (
        lambda x, at, n: (
            jnp.asarray(x).at[at].subtract(2.5),
            jnp.asarray(n).at[at].subtract(n),
            jnp.asarray(x).astype(jnp.bfloat16).at[at[:2]].add(1.5).astype(jnp.float32),
        ),
        [floats(3, 4), np.array([1, 0, 1], np.int32), np.array([4, 5, 6], np.uint8)],
    ),
    "truths": (truths, [floats(4, 5)]),
    "places": (lambda x: (jnp.argmax(x, -1), jnp.argmin(x, 0)), [floats(4, 5)]),
    "running": (lambda x: jnp.cumsum(x, 1), [floats(2, 7)]),
    "gelu": (lambda x: jax.nn.gelu(x, approximate=False), [floats(3, 5)]),
    "groups": (
        lambda x, w: lax.conv_general_dilated(
            x, w, (1, 2), [(1, 0), (2, 1)], rhs_dilation=(1, 2), feature_group_count=2
        ),
        [floats(1, 4, 9, 11), floats(6, 2, 3, 3)],
    ),
    "products": (
        lambda a, b: (jnp.einsum("bij,bjk->ikb", a, b), jnp.tensordot(a, b, ((0, 2), (0, 1)))),
        [floats(3, 4, 5), floats(3, 5, 6)],
    ),
    "integers": (
        lambda a, b: (a // b, a % b, a - b, a.sum(0), a.max(), a.astype(jnp.float32)),
        [np.arange(-6, 6, dtype=np.int32).reshape(3, 4), np.full((3, 4), 5, np.int32)],
    ),
    "bfloat16": (lambda a: (a.astype(jnp.bfloat16) * 2).astype(jnp.float32), [floats(4, 4)]),
    "gaps": (
        lambda x, w: (
            lax.conv_transpose(x, w, (2, 3), "SAME"),
            lax.conv_general_dilated(
                x[..., :2],
                w[:, :, :2],
                (1, 1),
                [(-1, 2), (0, -1)],
                dimension_numbers=("NHWC", "HWIO", "NHWC"),
            ),
            lax.pad(x[0, 0], 1.0, ((1, 0, 1), (-1, 2, 2))),
        ),
        [floats(1, 4, 5, 3), floats(3, 2, 3, 2)],
    ),
    "switched": (
        lambda at, x: [lax.switch(n, [jnp.sin, jnp.cos, lambda v: v * at[2]], x) for n in at],
        [np.array([-1, 1, 7], np.int32), floats(3)],
    ),
    "products running": (
        lambda x: (jnp.cumprod(x, 1), lax.cumsum(x, reverse=True)),
        [floats(2, 7)],
    ),
    "bits": (
        lambda x, n: (
            jax.random.uniform(jax.random.key(3), x.shape) + jnp.cbrt(x),
            lax.shift_right_logical(n, 1),
        ),
        [floats(2, 3), np.array([-5, 5], np.int32)],
    ),
    "padded": (lambda x: jnp.pad(x, ((0, 1), (2, 0)), constant_values=3.0), [floats(2, 3)]),
}


@pytest.mark.parametrize("name", CASES)
def test_the_results_are_those_of_jax(name: str) -> None:
    function, arrays = CASES[name]
    expected = jax.tree_util.tree_leaves(function(*arrays))
    model = autosched.compile(exported(function, *arrays), threads=1)
    for found in (model.run(arrays), evaluate(model.graph, arrays)):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, np.asarray(b), rtol=1e-4, atol=1e-5)


def test_all_that_is_missing_is_told_at_once() -> None:
    program = exported(lambda x: (jnp.fft.fft(x), jnp.linalg.qr(x[None])[0]), floats(4))
    with pytest.raises(
        GraphError, match=r"stablehlo\.fft \(1\), stablehlo\.custom_call @\w+ \(1\)"
    ):
        autosched.compile(program)


def test_updates_by_a_function_of_the_element_alone_are_refused() -> None:
    program = exported(lambda x: x.at[np.array([0])].apply(lambda v: v * v), floats(4))
    with pytest.raises(GraphError, match="expected updates that are written, added, subtracted"):
        autosched.compile(program)


def test_all_forms_that_are_missing_are_told_at_once() -> None:
    program = exported(
        lambda x: (
            lax.cond(x[0] > 0, lambda: lax.cumlogsumexp(x), lambda: x)
            + lax.bitcast_convert_type(x, jnp.int8).sum(-1)
        ),
        floats(4),
    )
    with pytest.raises(GraphError, match=r"a region of one .*; expected a dtype of the same width"):
        autosched.compile(program)
