"""A program of a random expression: what it computes, and values for its arguments."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from autosched import te
from autosched.te.dag import inputs


@dataclass(frozen=True)
class Program:
    """Outputs to compute, and the values of the symbolic sizes among their shapes."""

    family: str
    outputs: list[te.Tensor]
    sizes: dict[Any, int] = field(default_factory=dict)

    @property
    def args(self) -> list[te.Tensor]:
        return [*inputs(self.outputs), *self.outputs]

    def arrays(self, seed: int) -> list[np.ndarray]:
        """Values for the inputs, and other numbers where the outputs will be."""
        random = np.random.default_rng(seed)
        given = set(inputs(self.outputs))
        return [self._array(t, random) if t in given else self._unset(t) for t in self.args]

    def shape(self, tensor: te.Tensor) -> list[int]:
        return [int(self.sizes.get(extent, getattr(extent, "value", 0))) for extent in tensor.shape]

    def _array(self, tensor: te.Tensor, random: np.random.Generator) -> np.ndarray:
        kind, shape = tensor.dtype, self.shape(tensor)
        if kind.is_bool:
            return random.integers(0, 2, shape).astype(bool)
        low = 0 if kind.kind == "uint" else -3
        values = random.integers(low, 4, shape)
        if kind.kind == "bfloat":
            return (values.astype(np.float32).view(np.uint32) >> 16).astype(np.uint16)
        return values.astype(kind.numpy)

    def _unset(self, tensor: te.Tensor) -> np.ndarray:
        return np.full(self.shape(tensor), 77, tensor.dtype.numpy)
