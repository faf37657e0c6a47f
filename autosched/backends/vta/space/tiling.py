"""The structure of one sketch for an accelerator, and the decisions on its tiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

from autosched.backends.vta.packed.layout import extents, whole
from autosched.backends.vta.schedules.roles import Product, Roles
from autosched.search.space.builder import Number
from autosched.search.space.structure import extent, reads_of
from autosched.te.axis import Axis
from autosched.te.tensor import ComputeOp, Tensor
from autosched.vta.config import Memory, VTAConfig

BLOCK = 2
"""The number of dimensions of a block."""

_FEW = 8
"""A tensor for the ALU stays on the chip if it needs at most this fraction (1/N) of the sums."""


@dataclass(frozen=True, slots=True)
class Variant:
    """The structural choices of one sketch.

    The `resident` operand stays on the chip while consecutive tiles need the same part of it;
    other operands are loaded at each step of a reduction. The operands in `doubled` have two
    copies: one is filled while the other is in use. With `skips`, the products leave padding out;
    otherwise padding is zeros on the chip.
    """

    resident: str
    doubled: frozenset[str]
    skips: bool

    @property
    def name(self) -> str:
        doubled = "".join(sorted(name[0] for name in self.doubled)) or "none"
        return f"stay_{self.resident}_double_{doubled}{'_skip' * self.skips}"


@dataclass(frozen=True)
class Tiling:
    """The tile sizes of the output, and its virtual threads.

    `tiles` has the size along each of `axes`; `threads` has the number of threads along some of
    them, by the position of the axis.
    """

    found: Roles
    config: VTAConfig
    variant: Variant
    axes: tuple[Axis, ...]
    tiles: tuple[Number, ...]
    threads: dict[int, Number]

    @cached_property
    def sizes(self) -> list[int]:
        return [whole(axis.extent) for axis in self.axes]

    def places(self, operand: str) -> set[int]:
        """Return the positions of the output's axes that an operand depends on."""
        found: set[int] = set()
        for each in self.found.products:
            op = each.sums.op
            assert isinstance(op, ComputeOp)
            tensor = operand_of(each, operand)
            for read in reads_of(op):
                if read.tensor is tensor:
                    found |= {n for n, axis in enumerate(op.axis[:-BLOCK]) if axis in read.axes}
        return found


def operand_of(each: Product, name: str) -> Tensor | None:
    """Return the tensor of the operand "data", after padding, or "weights"; None for others."""
    if name == "weights":
        return each.weights
    return (each.padded[0] if each.padded else each.data) if name == "data" else None


def stepped(each: Product) -> Axis | None:
    """Return the reduce axis along which a product runs in steps, or None."""
    assert isinstance(each.sums.op, ComputeOp)
    return next((axis for axis in each.sums.op.reduce_axis[:-1] if extent(axis) != 1), None)


def stays_small(tensor: Tensor, config: VTAConfig) -> bool:
    """Whether a tensor stays in the accumulator during the whole program."""
    return blocks(tensor) * _FEW <= config.depth(Memory.ACC)


def blocks(tensor: Tensor) -> int:
    """Return the number of blocks of a packed tensor."""
    return prod(extents(tensor)[:-BLOCK])
