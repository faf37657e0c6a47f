"""The constants of a network as its kernels read them: each once, in one block of memory.

A kernel reads a constant as it is, or packed in its own order. Equal constants are one, and so is
what one kernel makes of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from autosched.graph.memory import aligned
from autosched.graph.stored import give_back
from autosched.runtime.arrays import empty
from autosched.runtime.code import MachineCode
from autosched.runtime.functions import Functions
from autosched.runtime.plan import Place
from autosched.runtime.signature import Param

Array = np.ndarray
Address = Callable[[str], int]
"""The address of a function of the network's code, by its name."""

SAMPLES = 64
"""Elements of a constant that are compared before all are."""


class Weights:
    """Gives each constant its place, and fills the block once the code that packs is there."""

    def __init__(self) -> None:
        self.bytes = 0
        self._places: dict[object, list[Place]] = {}
        self._fillings: list[Callable[[Array, Address], None]] = []
        self._arrays: dict[object, list[Array]] = {}

    def plain(self, array: Array) -> Place:
        """The place of a constant as it is."""
        known = self._one_of_equal(array)
        if id(known) not in self._places:
            (place,) = self._places[id(known)] = self._reserved([known.nbytes])
            self._fillings.append(lambda block, _: _copy(known, block, place))
        return self._places[id(known)][0]

    def packed(self, code: MachineCode, constants: Sequence[Array]) -> list[Place]:
        """The places of the constants as a kernel packs them."""
        arrays = [self._one_of_equal(array) for array in constants]
        key = code, *map(id, arrays)
        if key not in self._places:
            params = code.signature.packed
            places = self._places[key] = self._reserved([_bytes(param) for param in params])
            self._fillings.append(lambda block, at: _pack(code, arrays, block, places, at))
        return self._places[key]

    def block(self, address: Address) -> Array:
        """The memory of all weights, filled; the arrays they are made of are let go.

        `address` finds the functions that pack. Constants in a file do not stay in memory.
        """
        block = empty((self.bytes,), np.dtype(np.uint8))
        for fill in self._fillings:
            fill(block, address)
        self._fillings.clear()
        self._arrays.clear()
        return block

    def _reserved(self, sizes: Sequence[int]) -> list[Place]:
        places = []
        for size in sizes:
            places.append(Place("weights", self.bytes))
            self.bytes += aligned(size)
        return places

    def _one_of_equal(self, array: Array) -> Array:
        """The first array that has the same bytes, contiguous."""
        array = np.require(array, requirements=("C", "A"))
        raw = array.reshape(-1).view(np.uint8)
        sample = raw[:: max(1, raw.size // SAMPLES)].tobytes()
        alike = self._arrays.setdefault((array.dtype, array.shape, sample), [])
        for other in alike:
            if other is array or np.array_equal(other.reshape(-1).view(np.uint8), raw):
                return other
        alike.append(array)
        return array


def _copy(array: Array, block: Array, place: Place) -> None:
    _part(block, place, array.nbytes)[...] = array.reshape(-1).view(np.uint8)
    give_back(array)


def _pack(
    code: MachineCode,
    arrays: Sequence[Array],
    block: Array,
    places: Sequence[Place],
    address: Address,
) -> None:
    signature = code.signature
    functions = Functions(signature, address(signature.name), prepare=address(code.prepare))
    sizes = zip(places, map(_bytes, signature.packed), strict=True)
    functions.pack_into([_part(block, place, size) for place, size in sizes], arrays, {})
    for array in arrays:
        give_back(array)


def _part(block: Array, place: Place, size: int) -> Array:
    return block[place.offset : place.offset + size]


def _bytes(param: Param) -> int:
    return prod(map(int, param.shape)) * param.storage.itemsize
