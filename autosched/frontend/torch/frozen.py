"""Weights as constants, and whether they are still as they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from autosched.frontend.torch.tensors import memory_of

if TYPE_CHECKING:
    import torch

PROBES = 3
"""Elements of a weight that are compared: a change by `.data` does not count as a version."""


def can_freeze(tensor: torch.Tensor) -> bool:
    """Whether a change of the tensor can be seen: it counts its versions."""
    return not tensor.is_inference() and not tensor.is_neg()


class Frozen:
    """Weights that a compiled graph has as constants. It keeps their memory alive."""

    def __init__(self, tensors: Sequence[torch.Tensor]):
        self._states = [(tensor.data_ptr(), tensor._version) for tensor in tensors]
        self._probes = []
        for tensor in tensors:
            memory = memory_of(tensor)
            places = range(0, memory.size, max((memory.size - 1) // (PROBES - 1), 1))
            self._probes.append((memory, [(place, memory.item(place)) for place in places]))

    def is_same(self, tensors: Sequence[torch.Tensor]) -> bool:
        """Whether the tensors are the weights, and nothing was written to them since."""
        for tensor, (pointer, version) in zip(tensors, self._states, strict=True):
            if tensor._version != version or tensor.data_ptr() != pointer:
                return False
        for memory, known in self._probes:
            for place, value in known:
                found = memory.item(place)
                if found != value and (found == found or value == value):
                    return False
        return True
