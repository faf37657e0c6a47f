"""The plan of a network: its kernels in order, and the places of their operands.

It is plain data without addresses of this process: a kernel is a symbol, and an operand a place in
one of four spaces. The arena has the intermediate results of kernels, the weights have known
values; the caller passes a pointer for each input and each output.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from autosched.runtime.signature import IndexCheck, Param, Signature

Space = Literal["input", "output", "arena", "weights"]


@dataclass(frozen=True, slots=True)
class Place:
    """The place of an operand: the number of an input or an output, or an offset in bytes."""

    space: Space
    offset: int


@dataclass(frozen=True, slots=True)
class KernelCall:
    """A call of the kernel `symbol` with pointers to the operands.

    The kernel makes `checks` of indices; see `Signature`.
    """

    symbol: str
    operands: tuple[Place, ...]
    checks: tuple[IndexCheck, ...] = ()


@dataclass(frozen=True)
class Plan:
    """Kernels called in order, as one C function, `void name(inputs, outputs, arena, weights)`.

    The caller passes a pointer for each of `inputs` and `outputs`. The function ends at the first
    kernel that finds an index outside its tensor; the buffer for these is the last argument.
    Nothing checks that outputs overlap neither one another nor an input, as they must.
    """

    name: str
    inputs: tuple[Param, ...]
    outputs: tuple[Param, ...]
    calls: tuple[KernelCall, ...]
    arena_bytes: int
    weights_bytes: int

    @cached_property
    def signature(self) -> Signature:
        """The signature, in which arena and weights are packed buffers."""
        blocks = {"arena": self.arena_bytes, "weights": self.weights_bytes}
        return Signature(
            self.name,
            (*self.inputs, *self.outputs),
            packed=tuple(Param(name, "uint8", (size,)) for name, size in blocks.items()),
            checks=tuple(check for call in self.calls for check in call.checks),
        )
