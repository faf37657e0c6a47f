"""Weights as constants, and whether they are still as they were."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from autosched.frontend.torch.tensors import memory_of

if TYPE_CHECKING:
    import torch


def can_freeze(tensor: torch.Tensor) -> bool:
    """Whether a change of the tensor can be seen: it counts its versions, and has elements."""
    return not tensor.is_inference() and not tensor.is_neg() and tensor.numel() > 0


class Frozen:
    """Weights that a compiled graph has as constants. It keeps their memory alive.

    A change by `tensor.data` counts as no version: the largest element, which most changes of
    all elements change, is compared too.
    """

    def __init__(self, tensors: Sequence[torch.Tensor]):
        self._states = []
        for tensor in tensors:
            memory = memory_of(tensor)
            place = int(np.abs(memory).argmax())
            largest = memory.item(place)
            self._states.append((tensor.data_ptr(), tensor._version, memory, place, largest))

    def is_same(self, tensors: Sequence[torch.Tensor]) -> bool:
        """Whether the tensors are the weights, and nothing was written to them since."""
        for tensor, (pointer, version, memory, place, largest) in zip(
            tensors, self._states, strict=True
        ):
            if tensor._version != version or tensor.data_ptr() != pointer:
                return False
            found = memory.item(place)
            if found != largest and largest == largest:  # a NaN is not equal to itself
                return False
        return True
