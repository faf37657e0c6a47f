"""Pragmas: notes that a schedule attaches to a loop for one pass or code generator."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

Kind = TypeVar("Kind", bound="LoopPragma")


@dataclass(frozen=True, slots=True)
class LoopPragma:
    """Base of all pragmas. It prints as `key=value`; a schedule gives the key and the value."""

    value: Any

    @property
    def key(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.key}={self.value!r}"


@dataclass(frozen=True, slots=True)
class AutoUnroll(LoopPragma):
    """The maximum number of statements to which `passes/unroll.py` unrolls the loops inside."""

    key = "auto_unroll_max_step"
    value: int


@dataclass(frozen=True, slots=True)
class Partitioned(LoopPragma):
    """Marks a loop over tiles from which `passes/partition.py` separates the partial tile."""

    key = "partition"
    value: object = True


@dataclass(frozen=True, slots=True)
class Reloaded(LoopPragma):
    """Marks an unrolled loop whose steps load the elements that they share each for itself."""

    key = "reload"
    value: object = True


@dataclass(frozen=True, slots=True)
class Thread(LoopPragma):
    """The name of the GPU's threads that a loop of the kind THREAD runs on, as `threadIdx.x`."""

    key = "thread"
    value: str


@dataclass(frozen=True, slots=True)
class Tensorized(LoopPragma):
    """Marks a loop that, with the loops inside, is the named instruction of an accelerator."""

    key = "tensorize"
    value: object


@dataclass(frozen=True, slots=True, repr=False)
class Ahead:
    """Prefetch the elements of `source` that a loop reads `steps` iterations later.

    `source` is a Buffer in a nest, and a tensor in a schedule. With `evenly` stages computed in the
    loop read it, and the loops inside share the work; else each load fetches its own.
    """

    source: Any
    steps: int
    evenly: bool = False

    def __repr__(self) -> str:
        return repr((self.source.name, self.steps))


@dataclass(frozen=True, slots=True)
class Prefetched(LoopPragma):
    """The prefetches of a loop."""

    key = "prefetch"
    value: tuple[Ahead, ...]


@dataclass(frozen=True, slots=True)
class ImportedLLVM(LoopPragma):
    """LLVM IR with functions that the code of the stage calls."""

    key = "import_llvm"
    value: str

    def __str__(self) -> str:
        return self.key


@dataclass(frozen=True, slots=True)
class ImportedC(ImportedLLVM):
    """C code with functions that the code of the stage calls."""

    key = "import_c"


@dataclass(frozen=True, slots=True)
class Hint(LoopPragma):
    """A pragma with a key that no pass reads."""

    key: str


_GIVEN = {
    kind.key: kind
    for kind in (AutoUnroll, Partitioned, Reloaded, Tensorized, ImportedLLVM, ImportedC)
}


def pragma(key: str, value: Any) -> LoopPragma:
    """Return the pragma for a key and a value that a schedule gives."""
    kind = _GIVEN.get(key)
    return Hint(value, key) if kind is None else kind(value)


def find(pragmas: Iterable[LoopPragma], kind: type[Kind]) -> Kind | None:
    """Return the only pragma of a kind among `pragmas`, or None."""
    return next((each for each in pragmas if type(each) is kind), None)
