"""Attention, and the caches of keys and values that it reads."""

from __future__ import annotations

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.elementwise import broadcast
from autosched.graph.operators.operator import Array, Operator, operator
from autosched.graph.operators.reduction import normalized
from autosched.graph.types import TensorType
from autosched.ir.dtype import DType
from autosched.ir.rounding import round_to


@operator("attention")
class Attention(Operator):
    """`softmax(q k' scale + mask) v` of each head, as ONNX defines it.

    `q` is `[batch, heads, queries, size]`, `k` and `v` have `keys` instead of the queries and
    as many or fewer heads, each for a group of `q`'s. With `heads` and `key_heads` they are
    `[batch, queries, heads * size]` instead. `mask` broadcasts to `[batch, heads, queries,
    keys]`: true where a key is seen, or what is added to the scores; keys beyond it are not
    seen. `past_key` and `past_value` come before `k` and `v`. Of entry `b` of the batch only
    the first `lengths[b]` keys are seen.

    The queries follow the past, or are the last of `lengths`: with `causal` a query sees no key
    after its own place, with `left` and `right` that are not -1 none further away than that.
    A query that sees no key gives 0. `cap` above 0 bounds the scores by `cap * tanh(x / cap)`.

    The outputs are the result, in the layout of `q`, the keys and values with the past, and
    the scores: `shown` is "scaled" for the products, "capped", "masked" or "weights" for those
    after the cap, the mask or the softmax.
    """

    heads: int = 0
    key_heads: int = 0
    scale: float | None = None
    causal: bool = False
    cap: float = 0.0
    left: int = -1
    right: int = -1
    softmax_dtype: DType | None = None
    shown: str = "scaled"

    def infer(
        self,
        q: TensorType,
        k: TensorType,
        v: TensorType,
        mask: TensorType | None = None,
        past_key: TensorType | None = None,
        past_value: TensorType | None = None,
        lengths: TensorType | None = None,
    ) -> list[TensorType]:
        if {q.rank, k.rank, v.rank} not in ({3}, {4}):
            raise GraphError(f"expected operands of 3 or 4 axes for attention, got {q}, {k}, {v}")
        if (past_key is None) != (past_value is None):
            raise GraphError("expected past keys and past values of an attention, or none")
        queries = self._split_shape(q.sizes, self.heads)
        keys = self._split_shape(k.sizes, self.key_heads)
        values = self._split_shape(v.sizes, self.key_heads)
        if queries[3] != keys[3] or keys[:3] != values[:3] or queries[1] % keys[1]:
            raise GraphError(f"expected operands of attention that fit, got {q}, {k} and {v}")
        past = 0 if past_key is None else past_key.sizes[2]
        batch, heads, count, _ = queries
        seen = past + keys[2]
        if mask is not None:
            padded = (*mask.sizes[:-1], max(mask.sizes[-1], seen))
            broadcast(self.name, padded, (batch, heads, count, seen))
        size = values[3]
        result = (batch, heads, count, size) if q.rank == 4 else (batch, count, heads * size)
        return [
            q.with_shape(*result),
            k.with_shape(*keys[:2], seen, keys[3]),
            v.with_shape(*keys[:2], seen, size),
            q.with_shape(batch, heads, count, seen),
        ]

    def evaluate(
        self,
        q: Array,
        k: Array,
        v: Array,
        mask: Array | None = None,
        past_key: Array | None = None,
        past_value: Array | None = None,
        lengths: Array | None = None,
    ) -> list[Array]:
        flat = q.ndim == 3
        q, k, v = _split(q, self.heads), _split(k, self.key_heads), _split(v, self.key_heads)
        past = 0
        if past_key is not None and past_value is not None:
            past = past_key.shape[2]
            k, v = np.concatenate([past_key, k], 2), np.concatenate([past_value, v], 2)
        bias = self._bias(q, k.shape[2], mask, past, lengths)
        group = q.shape[1] // k.shape[1]
        factor = np.sqrt(1 / np.sqrt(q.shape[3]) if self.scale is None else self.scale)
        root = q.dtype.type(factor)
        each_k, each_v = np.repeat(k, group, axis=1), np.repeat(v, group, axis=1)
        with np.errstate(all="ignore"):
            scaled = np.matmul(q * root, each_k.swapaxes(-1, -2) * root)
            capped = np.tanh(scaled / self.cap) * self.cap if self.cap > 0 else scaled
            masked = capped + bias
            weights = _softmax(self._as_softmax(masked))
        blind = np.isneginf(bias.max(axis=-1, keepdims=True, initial=-np.inf))
        weights = np.where(blind, 0, weights).astype(q.dtype)
        found = np.matmul(weights, each_v)
        if flat:
            found = found.swapaxes(1, 2).reshape(len(q), q.shape[2], q.shape[1] * v.shape[3])
        every = {"scaled": scaled, "capped": capped, "masked": masked, "weights": weights}
        return [found, k, v, every[self.shown].astype(q.dtype)]

    def _bias(
        self, q: Array, keys: int, mask: Array | None, past: int, lengths: Array | None
    ) -> Array:
        """What is added to the scores: the mask, and -inf for keys that a query does not see."""
        batch, _, queries, _ = q.shape
        kind = q.dtype.type
        bias = np.zeros((1, 1, queries, keys), q.dtype)
        if mask is not None:
            if mask.dtype == bool:
                mask = np.where(mask, kind(0), kind(-np.inf))
            missing = keys - mask.shape[-1]
            if missing > 0:
                widths = [(0, 0)] * (mask.ndim - 1) + [(0, missing)]
                mask = np.pad(mask, widths, constant_values=-np.inf)
            bias = bias + mask
        seen = np.full((batch, 1), keys) if lengths is None else lengths.reshape(-1, 1)
        first = np.full((batch, 1), past)
        if lengths is not None and not past:
            first = seen - queries
        query = (first + np.arange(queries))[:, np.newaxis, :, np.newaxis]
        key = np.arange(keys)
        allowed = key < seen[:, np.newaxis, np.newaxis]
        if self.causal:
            allowed = allowed & (key <= query)
        if self.left >= 0:
            allowed = allowed & (query - key <= self.left)
        if self.right >= 0:
            allowed = allowed & (key - query <= self.right)
        return np.asarray(bias + np.where(allowed, kind(0), kind(-np.inf)))

    def _as_softmax(self, scores: Array) -> Array:
        return scores if self.softmax_dtype is None else round_to(scores, self.softmax_dtype)

    def _split_shape(self, shape: tuple[int, ...], heads: int) -> tuple[int, ...]:
        if len(shape) == 4:
            return shape
        if heads < 1 or shape[2] % heads:
            raise GraphError(f"expected heads that divide {shape[2]} for attention, got {heads}")
        return (shape[0], heads, shape[1], shape[2] // heads)


def _split(x: Array, heads: int) -> Array:
    """`[batch, count, heads * size]` as `[batch, heads, count, size]`."""
    return x if x.ndim == 4 else x.reshape(*x.shape[:2], heads, x.shape[2] // heads).swapaxes(1, 2)


def _softmax(scores: Array) -> Array:
    """Over the last axis; 0 where all are -inf."""
    top = scores.max(axis=-1, keepdims=True, initial=-np.inf)
    powers = np.exp(scores - np.where(np.isneginf(top), scores.dtype.type(0), top))
    total = powers.sum(axis=-1, keepdims=True)
    return np.asarray(powers / np.where(total == 0, scores.dtype.type(1), total))


@operator("linear_attention")
class LinearAttention(Operator):
    """Attention by a state `[batch, key heads, key size, value size]` that each step changes.

    `q`, `k` and `v` are `[batch, time, heads * size]`, of `heads` and `key_heads` heads. A step
    multiplies the state with `exp(decay)`, of each head or each element of its keys, adds
    `k' v`, and gives `q state * scale`. With `beta`, of all or each head, `v` is `beta * (v - k
    state)` instead. The outputs are the result and the last state. The state is float32.
    """

    heads: int = 1
    key_heads: int = 1
    scale: float = 0.0

    def infer(
        self,
        q: TensorType,
        k: TensorType,
        v: TensorType,
        past: TensorType | None = None,
        decay: TensorType | None = None,
        beta: TensorType | None = None,
    ) -> list[TensorType]:
        batch, steps, width = q.sizes
        if self.heads % self.key_heads or width % self.heads or v.sizes[2] % self.key_heads:
            raise GraphError(f"expected heads that divide {q} and {v} for {self.name}")
        key, value = width // self.heads, v.sizes[2] // self.key_heads
        if k.sizes != (batch, steps, self.key_heads * key):
            raise GraphError(f"expected keys that fit {q} for {self.name}, got {k}")
        state = (past or q).with_shape(batch, self.key_heads, key, value)
        return [q.with_shape(batch, steps, self.heads * value), state]

    def evaluate(
        self,
        q: Array,
        k: Array,
        v: Array,
        past: Array | None = None,
        decay: Array | None = None,
        beta: Array | None = None,
    ) -> list[Array]:
        queries, keys, values = (
            _split(x.astype(np.float32), heads)
            for x, heads in ((q, self.heads), (k, self.key_heads), (v, self.key_heads))
        )
        decays, betas = (
            None if x is None else _split(x.astype(np.float32), min(self.key_heads, x.shape[2]))
            for x in (decay, beta)
        )
        batch, _, steps, size = queries.shape
        state = np.zeros((batch, self.key_heads, size, values.shape[3]), np.float32)
        state = state if past is None else past.astype(np.float32)
        found = np.zeros((*queries.shape[:3], values.shape[3]), np.float32)
        scale = self.scale or 1 / np.sqrt(size)
        for time in range(steps):
            key, value = keys[:, :, time], values[:, :, time]
            if decays is not None:
                state = state * np.exp(decays[:, :, time])[..., np.newaxis]
            if betas is not None:
                known = np.einsum("bhdm,bhd->bhm", state, key)
                value = betas[:, :, time] * (value - known)
            state = state + key[..., np.newaxis] * value[..., np.newaxis, :]
            read = np.repeat(state, self.heads // self.key_heads, axis=1)
            found[:, :, time] = scale * np.einsum("bhd,bhdm->bhm", queries[:, :, time], read)
        result = found.swapaxes(1, 2).reshape(batch, steps, -1).astype(q.dtype)
        return [result, state.astype(q.dtype if past is None else past.dtype)]


@operator("tensor_scatter")
class TensorScatter(Operator):
    """`cache` with `update` written along an axis, in batch entry `b` from `starts[b]` on.

    Without `starts` it begins at 0; with `circular` it goes on at 0 after the end.
    """

    axis: int = -2
    circular: bool = False

    def infer(
        self, cache: TensorType, update: TensorType, starts: TensorType | None = None
    ) -> TensorType:
        at = normalized(self.axis, cache.rank, self.name)
        fits = update.rank == cache.rank and update.sizes[at] <= cache.sizes[at] and at > 0
        if not fits or update.with_shape(*update.shape[:at], *update.shape[at + 1 :]) != (
            cache.with_shape(*cache.shape[:at], *cache.shape[at + 1 :])
        ):
            raise GraphError(f"expected an update of {cache} along axis {at}, got {update}")
        return cache

    def evaluate(self, cache: Array, update: Array, starts: Array | None = None) -> Array:
        at = normalized(self.axis, cache.ndim, self.name)
        found = cache.copy()
        for entry in range(len(cache)):
            first = 0 if starts is None else int(starts[entry])
            places = first + np.arange(update.shape[at])
            if self.circular:
                places %= cache.shape[at]
            np.moveaxis(found[entry], at - 1, 0)[places] = np.moveaxis(update[entry], at - 1, 0)
        return found
