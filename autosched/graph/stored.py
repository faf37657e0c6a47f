"""Constants of a model in a file instead of memory: kernels read copies that are laid out for them.

The constants themselves are needed again to compile the model for other sizes or schedules, and to
save it. The file has no name, so nobody can change it, and it ends with the graph or the process.
"""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from autosched.graph.graph import Graph, Value
from autosched.graph.memory import aligned
from autosched.runtime.arrays import addresses

Array = np.ndarray

LEAST_BYTES = 1 << 16
"""Bytes of a constant from which on it is put into the file."""


class _File(mmap.mmap):
    """A file of constants mapped into this process, which nothing writes."""


class StoredConstants(dict[Value, Array]):
    """Constants, of which large ones are read from `memory`, a file mapped into this process."""

    def __init__(self, constants: Mapping[Value, Array], memory: _File):
        super().__init__(constants)
        self._memory = memory

    def release(self) -> None:
        """Give back the memory that reading the file took; the next reading takes it again."""
        if hasattr(mmap, "MADV_DONTNEED"):
            self._memory.madvise(mmap.MADV_DONTNEED)


def stored(graph: Graph, folder: Path | None) -> Graph:
    """The graph with its large constants, read-only, in a file in the folder.

    In memory without a folder, and where no file can be written: the file of a model that is
    mapped into this process may change.
    """
    large = {v: array for v, array in graph.constants.items() if array.nbytes >= LEAST_BYTES}
    if not large:
        return graph
    try:
        memory = _written([*large.values()], folder) if folder is not None else None
    except OSError:
        memory = None
    if memory is None:
        return replace(graph, constants={v: _in_memory(a) for v, a in graph.constants.items()})
    constants, offset = dict(graph.constants), 0
    for value, array in large.items():
        flat = np.frombuffer(memory, array.dtype, array.size, offset)
        constants[value] = flat.reshape(array.shape)
        offset += aligned(array.nbytes)
    return replace(graph, constants=StoredConstants(constants, memory))


def give_back(array: Array) -> None:
    """Give back the memory of an array that lies in such a file; the next reading takes it again.

    Does nothing for any other array.
    """
    owner: object = array
    while isinstance(owner, np.ndarray):
        owner = owner.base
    memory = owner.obj if isinstance(owner, memoryview) else None
    if isinstance(memory, _File) and hasattr(mmap, "MADV_DONTNEED"):
        first, start = addresses([np.frombuffer(memory, np.uint8), array])
        begin = (start - first) // mmap.PAGESIZE * mmap.PAGESIZE
        memory.madvise(mmap.MADV_DONTNEED, begin, start - first - begin + array.nbytes)


def _in_memory(array: Array) -> Array:
    return np.array(array) if isinstance(array, np.memmap) else array


def _written(arrays: Sequence[Array], folder: Path) -> _File:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder) as file:
        for array in arrays:
            file.write(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
            file.write(bytes(aligned(array.nbytes) - array.nbytes))
        file.flush()
        return _File(file.fileno(), 0, access=mmap.ACCESS_READ)
