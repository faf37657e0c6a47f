"""The arguments and expected outputs of a workload: computed once and shared through files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from autosched.measure.verify import Expected, GuardedArray
from autosched.runtime.arrays import empty
from autosched.runtime.kernel import Kernel

if TYPE_CHECKING:
    from autosched.te.tensor import Tensor

    Arrays = Mapping[Tensor, np.ndarray]

_INDEX = "case.json"
_SEED = 20


@dataclass(frozen=True)
class Argument:
    """One parameter of a workload: the values of an input, or the expected values of an output.

    The array has the storage dtype: bfloat16 is stored as its bits in uint16.
    """

    name: str
    dtype: str
    array: np.ndarray
    is_output: bool


@dataclass(frozen=True)
class Reference:
    """A workload's arguments in order, and the relative tolerance of its outputs.

    `sizes` are the values of symbolic sizes that no shape gives, by name.
    """

    arguments: tuple[Argument, ...]
    tolerance: float
    sizes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        tensors: Sequence[Tensor],
        inputs: Arrays,
        outputs: Arrays,
        tolerance: float,
        sizes: Mapping[str, int] = MappingProxyType({}),
    ) -> Self:
        """Return the reference with these inputs and expected outputs of `tensors`."""
        known = {**inputs, **outputs}
        arguments = (Argument(t.name, t.dtype.name, known[t], t in outputs) for t in tensors)
        return cls(tuple(arguments), tolerance, sizes)


def random_input(
    dtype: str, shape: Sequence[int], number: int, limit: int | None = None
) -> np.ndarray:
    """Return random values for input `number` of a workload, equal in every process.

    Floats lie in [-1, 1). 8-bit integers use their whole range: quantized workloads shift
    their results right, and small values would leave only zeros. Wider integers are at most 8
    in size, so that no result overflows. No integer is 0, so that each may be a divisor.
    Integers with a `limit`, which are indices, lie in [0, limit).
    """
    rng = np.random.default_rng((_SEED, number))
    if limit is not None:
        return rng.integers(0, limit, shape).astype(dtype)
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
    """Write the reference to `folder`, where `load_case` of another process reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    index = []
    for number, argument in enumerate(reference.arguments):
        np.save(folder / f"{number}.npy", argument.array, allow_pickle=False)
        index.append([argument.name, argument.dtype, argument.is_output])
    rest = {"tolerance": reference.tolerance, "sizes": dict(reference.sizes)}
    (folder / _INDEX).write_text(json.dumps({"arguments": index, **rest}))


def is_case(folder: Path) -> bool:
    """Return whether `save_case` has written a complete case to `folder`."""
    return (folder / _INDEX).is_file()


class Case:
    """The arguments of candidates: aligned inputs, guarded outputs, and expected values."""

    def __init__(self, reference: Reference):
        self._reference = reference
        self.sizes = reference.sizes
        self.inputs: list[np.ndarray] = []
        self.outputs: list[GuardedArray] = []
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
        self.outputs.append(GuardedArray(given.shape, given.dtype))
        return self.outputs[-1].array

    def bound(self, kernel: Kernel) -> tuple[Any, list[np.ndarray]]:
        """Return the kernel with its constants bound to those of the case, and the other arrays."""
        names = [param.name for param in kernel.signature.params]
        arguments = dict(zip(names, self.arguments, strict=True))
        constants = {name: arguments.pop(name) for name in kernel.signature.constants}
        return kernel.bind(**constants) if constants else kernel, list(arguments.values())

    def poison(self) -> None:
        """Fill every output with wrong values, so that a missing write is detected."""
        for output in self.outputs:
            output.poison()

    def mistake(self) -> str | None:
        """Return a sentence on what a candidate has written wrongly, or None."""
        for expected, output in zip(self.expected, self.outputs, strict=True):
            if not output.is_intact():
                return f"expected writes inside {expected.name} only, got writes beside it"
            difference = expected.difference(output.array)
            if difference:
                return difference
        written = self._written()
        return f"expected no writes to the input {written}, got some" if written else None

    def may_be_rounding(self) -> bool:
        """Return whether the mistake is small enough to be caused by rounding."""
        pairs = zip(self.expected, self.outputs, strict=True)
        return not self._written() and all(
            output.is_intact() and expected.may_be_rounding(output.array)
            for expected, output in pairs
        )

    def _written(self) -> str | None:
        """Return the name of an input that was changed, or None."""
        given = [argument for argument in self._reference.arguments if not argument.is_output]
        for array, argument in zip(self.inputs, given, strict=True):
            if not _same_bytes(array, argument.array):
                return argument.name
        return None


def load_case(folder: Path) -> Case:
    """Return the case that `save_case` wrote, with its files mapped into memory."""
    index = json.loads((folder / _INDEX).read_text())
    arguments = tuple(
        Argument(
            name,
            dtype,
            np.load(folder / f"{number}.npy", mmap_mode="r", allow_pickle=False),
            is_output,
        )
        for number, (name, dtype, is_output) in enumerate(index["arguments"])
    )
    return Case(Reference(arguments, index["tolerance"], index["sizes"]))


def _same_bytes(left: np.ndarray, right: np.ndarray) -> bool:
    """Return whether two arrays of one dtype and shape have the same bits, including NaN."""
    bits = f"u{left.dtype.itemsize}"
    return np.array_equal(left.view(bits), np.asarray(right, order="C").view(bits))
