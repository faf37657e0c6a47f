"""A workload's arguments and right answers: computed once, kept in files, read by every worker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autosched.measure.verify import Canvas, Expected
from autosched.runtime.arrays import empty

_INDEX = "case.json"
_SEED = 20


@dataclass(frozen=True)
class Argument:
    """One parameter of a workload: an input's values or the values an output must have.

    Arrays have the storage dtype, bfloat16 as its bits in uint16.
    """

    name: str
    dtype: str
    array: np.ndarray
    is_output: bool


@dataclass(frozen=True)
class Reference:
    """A workload's arguments in order, and the relative tolerance of its outputs."""

    arguments: tuple[Argument, ...]
    tolerance: float


def random_input(dtype: str, shape: Sequence[int], number: int) -> np.ndarray:
    """Input `number` of a workload, the same in every process.

    Floats lie in [-1, 1). Bytes have their whole range: what is computed of them is shifted
    down again, and small ones would leave nothing to compare. Wider integers are small, so
    that no result depends on overflow. None is 0, so that they can divide.
    """
    rng = np.random.default_rng((_SEED, number))
    if dtype == "bool":
        return rng.integers(0, 2, shape).astype(np.bool_)
    if dtype.startswith(("int", "uint")):
        values = rng.integers(1, {"int8": 128, "uint8": 256}.get(dtype, 9), shape)
        if dtype.startswith("int"):
            values = np.where(rng.integers(0, 2, shape) == 1, values, -values)
        return values.astype(dtype)
    if dtype == "bfloat16":
        bits = rng.uniform(-1, 1, shape).astype(np.float32).view(np.uint32)
        return (bits >> 16).astype(np.uint16)
    return rng.uniform(-1, 1, shape).astype(dtype)


def save_case(reference: Reference, folder: Path) -> None:
    """Write the reference where `load_case` of another process finds it."""
    index = []
    for number, argument in enumerate(reference.arguments):
        np.save(folder / f"{number}.npy", argument.array, allow_pickle=False)
        index.append([argument.name, argument.dtype, argument.is_output])
    text = json.dumps({"arguments": index, "tolerance": reference.tolerance})
    (folder / _INDEX).write_text(text)


class Case:
    """The arguments to run candidates on: aligned inputs, guarded outputs, expected values."""

    def __init__(self, reference: Reference):
        self._reference = reference
        self.inputs: list[np.ndarray] = []
        self.canvases: list[Canvas] = []
        self.expected: list[Expected] = []
        self.arguments: list[np.ndarray] = []
        for argument in reference.arguments:
            self.arguments.append(self._add(argument))

    def _add(self, argument: Argument) -> np.ndarray:
        given = argument.array
        if not argument.is_output:
            self.inputs.append(empty(given.shape, given.dtype))
            self.inputs[-1][...] = given
            return self.inputs[-1]
        tolerance = self._reference.tolerance
        self.expected.append(Expected(argument.name, argument.dtype, given, tolerance))
        self.canvases.append(Canvas(given.shape, given.dtype))
        return self.canvases[-1].array

    def poison(self) -> None:
        """Make every output wrong, so that what is not written shows."""
        for canvas in self.canvases:
            canvas.poison()

    def mistake(self) -> str | None:
        """What is wrong with the outputs now, in a sentence; None where nothing is."""
        for expected, canvas in zip(self.expected, self.canvases, strict=True):
            if not canvas.is_intact():
                return f"expected writes to {expected.name} alone, got writes beside it"
            difference = expected.difference(canvas.array)
            if difference:
                return difference
        return None

    def restore_inputs(self) -> bool:
        """Put the inputs back as they were; whether any had been changed."""
        changed = False
        given = [a.array for a in self._reference.arguments if not a.is_output]
        for mine, original in zip(self.inputs, given, strict=True):
            changed |= mine.tobytes() != original.tobytes()
            mine[...] = original
        return changed


def load_case(folder: Path) -> Case:
    """The case that `save_case` wrote; the files are mapped, not copied, where possible."""
    index = json.loads((folder / _INDEX).read_text())
    arguments = tuple(
        Argument(name, dtype, _load(folder / f"{number}.npy"), is_output)
        for number, (name, dtype, is_output) in enumerate(index["arguments"])
    )
    return Case(Reference(arguments, index["tolerance"]))


def _load(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)
