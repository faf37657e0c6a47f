"""Pragmas: what a schedule says of a loop to the one pass, or code generator, that reads it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

Kind = TypeVar("Kind", bound="Pragma")


@dataclass(frozen=True, slots=True)
class Pragma:
    """Base of all pragmas. One prints as `key=value`, and is given by these in a schedule."""

    value: Any

    @property
    def key(self) -> str:
        raise NotImplementedError

    def __str__(self) -> str:
        return f"{self.key}={self.value!r}"


@dataclass(frozen=True, slots=True)
class AutoUnroll(Pragma):
    """The most statements that the loops inside come to when `passes/unroll.py` unrolls them."""

    key = "auto_unroll_max_step"
    value: int


@dataclass(frozen=True, slots=True)
class Partitioned(Pragma):
    """The loop runs over tiles of which `passes/partition.py` parts the last."""

    key = "partition"
    value: object = True


@dataclass(frozen=True, slots=True)
class Tensorized(Pragma):
    """The loop and those inside are the named instruction of an accelerator."""

    key = "tensorize"
    value: object


@dataclass(frozen=True, slots=True, repr=False)
class Ahead:
    """Fetch what a loop reads of `source` into the caches `steps` iterations earlier.

    `source` is a Buffer in a nest, and a tensor in a schedule.
    """

    source: Any
    steps: int

    def __repr__(self) -> str:
        return repr((self.source.name, self.steps))


@dataclass(frozen=True, slots=True)
class Prefetched(Pragma):
    """The reads that the generated code of the loop fetches ahead."""

    key = "prefetch"
    value: tuple[Ahead, ...]


@dataclass(frozen=True, slots=True)
class Hint(Pragma):
    """A pragma that nothing here reads."""

    key: str


_GIVEN = {kind.key: kind for kind in (AutoUnroll, Partitioned, Tensorized)}


def pragma(key: str, value: Any) -> Pragma:
    """The pragma that a schedule gives by a key and a value."""
    kind = _GIVEN.get(key)
    return Hint(value, key) if kind is None else kind(value)


def find(pragmas: Iterable[Pragma], kind: type[Kind]) -> Kind | None:
    """The pragma of a kind among `pragmas`, which has at most one."""
    return next((each for each in pragmas if type(each) is kind), None)
