"""The plan of a network: which kernels run, in which order, and where their operands lie.

It is plain data, without an address of this process: a kernel is a symbol, and an operand a
place in one of four spaces. The arena holds what lies between the kernels, the weights what is
known before; the caller gives a pointer for each input and each output.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from autosched.runtime.signature import IndexCheck, Param, Signature

Space = Literal["input", "output", "arena", "weights"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where an operand lies: the number of an input or an output, or bytes into a block."""

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

    `inputs` and `outputs` are what the caller passes, a pointer each. It ends at the first kernel
    that finds an index outside of its tensor; the buffer for these is the last argument.
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
