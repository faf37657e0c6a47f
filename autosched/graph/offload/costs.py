"""What it costs to compute a region in the accelerator or beside it, and to move images there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from autosched import te
from autosched.backends.base import Backend, Offloading
from autosched.graph.graph import Value
from autosched.graph.kernels import Kernels
from autosched.graph.offload.packing import Packing
from autosched.graph.offload.region import Region, known_type
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
        given: dict[object, Tensor] = {}
        keys = [one if isinstance(one, Value) else id(one) for one in region.operands]
        for key, one in zip(keys, region.operands, strict=True):
            if key not in given:
                given[key] = _placeholder(one, region.packing, f"x{len(given)}")
        made = region.operator.define(*(given[key] for key in keys))
        assert isinstance(made, Tensor), "operators in blocks have one output"
        found = self.kernels.of([*given.values(), made], self.backend)
        time_ns = self.backend.time_ns(found.kernel)
        assert time_ns is not None, "an accelerator has a model of its time"
        return time_ns

    def here_ns(self, region: Region) -> float:
        """The time of the region's nodes on the host: at its speed, or to move their images."""
        images = (*region.images, region.output)
        moved = sum(known_type(value).bytes for value in images)
        return max(region.ops / self.offloading.host_gops, self._moving_ns(moved))

    def packing_ns(self, image: Value, packing: Packing) -> float:
        """The time to put an image into blocks, reading and writing all bytes."""
        moved, kind = 0, known_type(image)
        for operator in packing.operators:
            moved += kind.bytes
            kind = operator.infer(kind)
            moved += kind.bytes
        return self._moving_ns(moved)

    def unpacking_ns(self, region: Region) -> float:
        """The time to take the output of a region out of blocks."""
        return self._moving_ns(region.blocks.bytes + known_type(region.output).bytes)

    def _moving_ns(self, count: int) -> float:
        return count / self.offloading.host_gbytes


def _placeholder(operand: Value | np.ndarray, packing: Packing, name: str) -> Tensor:
    """The operand of an operator in blocks."""
    if isinstance(operand, Value):
        kind = packing.infer(known_type(operand))
        return te.placeholder(kind.sizes, kind.dtype, name=name)
    kind = TensorType.of(operand)
    return te.placeholder(kind.sizes, kind.dtype, name=name, constant=True)
