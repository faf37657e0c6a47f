"""What it costs to compute a region in the accelerator or beside it, and to move images there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from autosched import te
from autosched.backends.base import Backend
from autosched.backends.offloading import Offloading
from autosched.graph.graph import Value
from autosched.graph.kernels import Kernels
from autosched.graph.offload.regions import Region
from autosched.graph.operators.blocks import ToBlocks
from autosched.graph.types import TensorType
from autosched.te.tensor import Tensor


@dataclass(frozen=True)
class Costs:
    """Times of the parts of a network in nanoseconds, for an accelerator and its host."""

    backend: Backend
    offloading: Offloading
    kernels: Kernels

    def there_ns(self, region: Region) -> float:
        """The time of the accelerator's program, with the best schedule that is known.

        Raises WorkloadError or LoweringError where the accelerator has none.
        """
        given: dict[Any, Tensor] = {}
        for one in region.operands:
            key = one if isinstance(one, Value) else id(one)
            if key not in given:
                given[key] = self._placeholder(one, f"x{len(given)}")
        keys = (one if isinstance(one, Value) else id(one) for one in region.operands)
        made = region.operator.define(*(given[key] for key in keys))
        assert isinstance(made, Tensor), "operators in blocks have one output"
        found = self.kernels.of([*given.values(), made], self.backend)
        time_ns = self.backend.time_ns(found.kernel)
        assert time_ns is not None, "an accelerator has a model of its time"
        return time_ns

    def here_ns(self, region: Region) -> float:
        """The time of the region's nodes on the host: at its speed, or to move their images."""
        images = (*region.images, region.output)
        moved = sum(_type(value).bytes for value in images) / self.offloading.host_gbytes
        return max(region.ops / self.offloading.host_gops, moved)

    def packing_ns(self, image: Value) -> float:
        """The time to put an image into blocks or take it out, reading and writing all bytes."""
        plain = _type(image)
        moved = plain.bytes + self.in_blocks(plain).bytes
        return moved / self.offloading.host_gbytes

    def in_blocks(self, image: TensorType) -> TensorType:
        """The type of an image in blocks."""
        return self.packing.infer(image)

    @property
    def packing(self) -> ToBlocks:
        """The operator that puts an image into the accelerator's blocks."""
        return ToBlocks(batch=self.offloading.batch, block=self.offloading.block)

    def _placeholder(self, operand: Value | np.ndarray, name: str) -> Tensor:
        if isinstance(operand, Value):
            kind = self.in_blocks(_type(operand))
            return te.placeholder(kind.sizes, kind.dtype, name=name)
        kind = TensorType.of(operand)
        return te.placeholder(kind.sizes, kind.dtype, name=name, constant=True)


def _type(value: Value) -> TensorType:
    assert value.type is not None, "the types of a bound graph are known"
    return value.type
