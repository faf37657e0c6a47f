"""A program for the accelerator: its bytes, and where its tensors lie in DRAM."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from autosched.errors import ArgumentError
from autosched.vta.assembly import disassemble
from autosched.vta.config import VTAConfig
from autosched.vta.isa.uops import UOP_BYTES

Array = np.ndarray[tuple[int, ...], np.dtype[np.generic]]


@dataclass(frozen=True, slots=True)
class Place:
    """A tensor in DRAM: `shape` numbers of `dtype` from byte `base` on."""

    name: str
    base: int
    shape: tuple[int, ...]
    dtype: str
    is_output: bool

    @property
    def bytes(self) -> int:
        return prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True, slots=True)
class Program:
    """The program that runs a schedule on an accelerator of `config`.

    `places` are the tensors in the order they were given to `lower_vta`. The micro-ops lie
    at byte `uop_base` of a DRAM image of `dram_bytes` bytes.
    """

    instructions: bytes
    uops: bytes
    places: tuple[Place, ...]
    uop_base: int
    dram_bytes: int
    config: VTAConfig

    def image(self, arrays: Sequence[Array]) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
        """Return the DRAM before the run, given the inputs in the order of `places`.

        Raises ArgumentError where an array does not fit its place.
        """
        inputs = [place for place in self.places if not place.is_output]
        if len(arrays) != len(inputs):
            raise ArgumentError(
                f"expected {len(inputs)} arrays ({', '.join(p.name for p in inputs)}), got "
                f"{len(arrays)}"
            )
        dram = np.zeros(self.dram_bytes, np.uint8)
        for place, array in zip(inputs, arrays, strict=True):
            if array.shape != place.shape or array.dtype != np.dtype(place.dtype):
                raise ArgumentError(
                    f"expected an array of shape {place.shape} and dtype {place.dtype} for "
                    f"{place.name}, got shape {array.shape} and dtype {array.dtype}"
                )
            data = np.ascontiguousarray(array).view(np.uint8).reshape(-1)
            dram[place.base : place.base + place.bytes] = data
        dram[self.uop_base : self.uop_base + len(self.uops)] = np.frombuffer(self.uops, np.uint8)
        return dram

    def outputs(self, dram: np.ndarray[tuple[int], np.dtype[np.uint8]]) -> list[Array]:
        """Return the outputs in a DRAM image after the run, in the order of `places`."""
        return [
            dram[place.base : place.base + place.bytes].view(place.dtype).reshape(place.shape)
            for place in self.places
            if place.is_output
        ]

    def run(self, arrays: Sequence[Array]) -> list[Array]:
        """Return the outputs for the inputs, both in the packed shapes of the tensors."""
        from autosched.vta.simulator import Simulator

        dram = self.image(arrays)
        Simulator(self.config).run(self.instructions, dram)
        return self.outputs(dram)

    @property
    def listing(self) -> str:
        """The disassembly, which `assemble` takes, after comments on what lies in DRAM."""
        lines = [
            f"# {place.name}: {place.dtype} {list(place.shape)} at byte {place.base}"
            + (", written" if place.is_output else "")
            for place in self.places
        ]
        count = len(self.uops) // UOP_BYTES
        lines.append(f"# {count} micro-ops at byte {self.uop_base}")
        return "\n".join(lines) + "\n" + disassemble(self.instructions, self.config)
