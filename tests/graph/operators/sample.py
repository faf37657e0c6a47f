"""A use of an operator, and how uses and their arrays are made."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched.graph.operators import OPERATORS, Operator

Array = np.ndarray
rng = np.random.default_rng(7)


@dataclass(frozen=True)
class Sample:
    """An operator and arrays for its inputs; None is one that is left out."""

    operator: Operator
    inputs: tuple[Array | None, ...]

    def __str__(self) -> str:
        shapes = ",".join("-" if x is None else "x".join(map(str, x.shape)) for x in self.inputs)
        changed = ",".join(f"{name}={value}" for name, value in self.operator.changed.items())
        return f"{self.operator.name}({changed}) {shapes}"


def floats(*shape: int, low: float = -2.0, high: float = 2.0) -> Array:
    return rng.uniform(low, high, shape).astype(np.float32)


def whole(*shape: int, low: int = -9, high: int = 9, kind: str = "int32") -> Array:
    return rng.integers(low, high, shape).astype(kind)


def axes(*values: int) -> Array:
    return np.array(values, np.int64)


def use(name: str, *inputs: Array | None, **attributes: object) -> Sample:
    return Sample(OPERATORS[name](**attributes), inputs)
