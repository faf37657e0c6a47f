"""Counts of short runs of tokens in sequences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from autosched.errors import GraphError
from autosched.graph.operators.operator import Array, Operator, operator
from autosched.graph.types import TensorType
from autosched.ir.dtype import FLOAT32

WEIGHTED = ("count", "presence", "product")


@operator("count_ngrams")
class CountNgrams(Operator):
    """How often each of `grams` is in `x`, `[time]` or `[batch, time]`, as float32.

    The tokens of a gram are every `d`-th of `x`, for each `d` from 1 to `skips + 1`. Gram
    number `n` counts at `places[n]` of the result's last axis. It shows the "count", or the
    `weights` (by default 1) of those that are there with "presence", or "product" of both.
    """

    grams: tuple[tuple[int, ...], ...] = ()
    places: tuple[int, ...] = ()
    weights: tuple[float, ...] = ()
    skips: int = 0
    shown: str = "count"

    def infer(self, x: TensorType) -> TensorType:
        if x.rank not in (1, 2) or len(self.places) != len(self.grams) or not self.grams:
            raise GraphError(f"expected tokens and places for {len(self.grams)} grams, got {x}")
        if self.shown not in WEIGHTED:
            raise GraphError(f"expected one of {', '.join(WEIGHTED)} to show, got {self.shown}")
        return TensorType(FLOAT32, (*x.shape[:-1], max(self.places) + 1))

    def evaluate(self, x: Array) -> Array:
        found = np.zeros((*x.shape[:-1], max(self.places) + 1), np.float32)
        for row, tokens in zip(found.reshape(-1, found.shape[-1]), np.atleast_2d(x), strict=True):
            counts = self._counts(tokens.tolist())
            for gram, place in zip(self.grams, self.places, strict=True):
                row[place] += counts[gram]
        if self.shown == "count":
            return found
        weights = np.array(self.weights or np.ones(found.shape[-1]), np.float32)
        return np.asarray(weights * (found if self.shown == "product" else found > 0))

    def _counts(self, tokens: Sequence[int]) -> Counter[tuple[int, ...]]:
        """How often each run of a gram's length is there."""
        counts: Counter[tuple[int, ...]] = Counter()
        for length in {len(gram) for gram in self.grams}:
            for step in range(1, 2 if length == 1 else self.skips + 2):
                starts = range(len(tokens) - step * (length - 1))
                counts.update(tuple(tokens[s::step][:length]) for s in starts)
        return counts
