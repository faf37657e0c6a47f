"""Attention against its formula, and the keys that its masks leave."""

from __future__ import annotations

import numpy as np
import pytest

from autosched.errors import GraphError
from autosched.graph.operators.attention import Attention, LinearAttention, TensorScatter
from autosched.graph.types import TensorType
from tests.graph.operators.sample import floats

BATCH, HEADS, QUERIES, KEYS, SIZE = 2, 2, 3, 5, 4


def operands(heads: int = HEADS) -> list[np.ndarray]:
    return [
        floats(BATCH, HEADS, QUERIES, SIZE),
        floats(BATCH, heads, KEYS, SIZE),
        floats(BATCH, heads, KEYS, SIZE),
    ]


def seen(*inputs: np.ndarray | None, **attributes: object) -> np.ndarray:
    """Whether each query `[batch, heads, queries, keys]` gives a key any weight."""
    return Attention(shown="weights", **attributes).evaluate(*inputs)[3] > 0  # type: ignore[arg-type]


def test_it_is_the_softmax_of_scaled_products_times_the_values() -> None:
    q, k, v = operands()
    scores = np.exp(np.einsum("bhqd,bhkd->bhqk", q, k) / np.sqrt(SIZE))
    weights = scores / scores.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(Attention().evaluate(q, k, v)[0], weights @ v, rtol=1e-4, atol=1e-5)


def test_heads_share_keys_in_groups_and_may_lie_in_one_axis() -> None:
    q, k, v = operands(heads=1)
    wanted = Attention().evaluate(q, np.repeat(k, HEADS, 1), np.repeat(v, HEADS, 1))[0]
    flat = [x.swapaxes(1, 2).reshape(BATCH, x.shape[2], -1) for x in (q, k, v)]
    np.testing.assert_allclose(Attention().evaluate(q, k, v)[0], wanted, rtol=1e-5)
    found = Attention(heads=HEADS, key_heads=1).evaluate(*flat)[0]
    np.testing.assert_allclose(
        found, wanted.swapaxes(1, 2).reshape(BATCH, QUERIES, -1), rtol=1e-5, atol=1e-6
    )


def test_a_causal_query_sees_the_past_and_its_own_place() -> None:
    q, k, v = operands()
    early = np.tril(np.ones((QUERIES, KEYS), bool))
    assert (seen(q, k, v, causal=True) == early).all()
    past = seen(q, k[:, :, 2:], v[:, :, 2:], None, k[:, :, :2], v[:, :, :2], causal=True)
    assert (past == np.tril(np.ones((QUERIES, KEYS), bool), 2)).all()
    two = seen(q, k, v, None, None, None, np.array([5, 2]), causal=True)
    assert (two[0] == np.tril(np.ones((QUERIES, KEYS), bool), 2)).all()
    assert (two[1] == np.tril(np.ones((QUERIES, KEYS), bool), -1) & (np.arange(KEYS) < 2)).all()


def test_a_window_a_mask_and_lengths_hide_keys() -> None:
    q, k, v = operands()
    place = np.arange(KEYS) - np.arange(QUERIES)[:, np.newaxis]
    assert (seen(q, k, v, left=1, right=2) == ((place >= -1) & (place <= 2))).all()
    mask = np.array([True, False, True])  # shorter than the keys: those beyond are hidden
    assert (seen(q, k, v, mask) == np.array([True, False, True, False, False])).all()
    lengths = np.array([4, 1])
    wanted = np.arange(KEYS) < lengths.reshape(-1, 1, 1, 1)
    assert (seen(q, k, v, None, None, None, lengths) == wanted).all()


def test_a_query_that_sees_nothing_gives_zero() -> None:
    q, k, v = operands()
    found = Attention().evaluate(q, k, v, np.zeros((QUERIES, KEYS), bool))
    assert not found[0].any()


def test_linear_attention_without_decay_is_a_running_sum() -> None:
    q, k, v = floats(1, 6, 3), floats(1, 6, 3), floats(1, 6, 2)
    found, state = LinearAttention(scale=1.0).evaluate(q, k, v)
    products = np.tril(q[0] @ k[0].T)
    np.testing.assert_allclose(found[0], products @ v[0], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(state[0, 0], k[0].T @ v[0], rtol=1e-4, atol=1e-5)


def test_a_circular_cache_goes_on_at_its_start() -> None:
    cache, update = np.zeros((1, 4, 1), np.float32), np.array([[[1], [2], [3]]], np.float32)
    found = TensorScatter(axis=1, circular=True).evaluate(cache, update, np.array([2]))
    assert found.ravel().tolist() == [3, 0, 1, 2]


def test_what_does_not_fit_is_told() -> None:
    q, k, v = (TensorType.of(x) for x in operands())
    with pytest.raises(GraphError, match="operands of attention that fit"):
        Attention().infer(q, k.with_shape(BATCH, HEADS, KEYS, SIZE + 1), v)
    with pytest.raises(GraphError, match="past keys and past values"):
        Attention().infer(q, k, v, None, k)
    flat = q.with_shape(BATCH, QUERIES, 7)
    with pytest.raises(GraphError, match="heads that divide 7"):
        Attention(heads=2, key_heads=2).infer(flat, flat, flat)
