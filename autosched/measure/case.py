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
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for number, argument in enumerate(reference.arguments):
        np.save(folder / f"{number}.npy", argument.array, allow_pickle=False)
        index.append([argument.name, argument.dtype, argument.is_output])
    text = json.dumps({"arguments": index, "tolerance": reference.tolerance})
    (folder / _INDEX).write_text(text)


def is_case(folder: Path) -> bool:
    """Whether `save_case` has ended there."""
    return (folder / _INDEX).is_file()


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
        """What is wrong with the arguments now, in a sentence; None where nothing is."""
        for expected, canvas in zip(self.expected, self.canvases, strict=True):
            if not canvas.is_intact():
                return f"expected writes to {expected.name} alone, got writes beside it"
            difference = expected.difference(canvas.array)
            if difference:
                return difference
        written = self._written()
        return f"expected no writes to the input {written}, got some" if written else None

    def may_be_rounding(self) -> bool:
        """Whether the mistake that there is is so small that rounding may have made it."""
        pairs = zip(self.expected, self.canvases, strict=True)
        return not self._written() and all(
            canvas.is_intact() and expected.may_be_rounding(canvas.array)
            for expected, canvas in pairs
        )

    def _written(self) -> str | None:
        """The name of an input that is not as it was given."""
        given = [argument for argument in self._reference.arguments if not argument.is_output]
        for mine, argument in zip(self.inputs, given, strict=True):
            if not _same_bytes(mine, argument.array):
                return argument.name
        return None


def load_case(folder: Path) -> Case:
    """The case that `save_case` wrote; the files are mapped, not copied, where possible."""
    index = json.loads((folder / _INDEX).read_text())
    arguments = tuple(
        Argument(name, dtype, _load(folder / f"{number}.npy"), is_output)
        for number, (name, dtype, is_output) in enumerate(index["arguments"])
    )
    return Case(Reference(arguments, index["tolerance"]))


def _same_bytes(left: np.ndarray, right: np.ndarray) -> bool:
    """Whether two arrays of one dtype and shape have the same bits, NaN or not."""
    bits = f"u{left.dtype.itemsize}"
    return np.array_equal(left.view(bits), np.asarray(right, order="C").view(bits))


def _load(path: Path) -> np.ndarray:
    return np.load(path, mmap_mode="r", allow_pickle=False)
