"""The signature of a compiled kernel: names, dtypes and shapes, as text and integers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

Dim = int | str


@dataclass(frozen=True)
class Param:
    """A dense row-major buffer. A dimension is an integer, or an expression of sizes as text."""

    name: str
    dtype: str
    shape: tuple[Dim, ...]
    is_output: bool = False

    @cached_property
    def storage(self) -> np.dtype:
        """The NumPy dtype of its elements; bfloat16 is stored as its bits in uint16."""
        return np.dtype("uint16" if self.dtype == "bfloat16" else self.dtype)

    @cached_property
    def is_static(self) -> bool:
        return all(isinstance(extent, int) for extent in self.shape)


@dataclass(frozen=True)
class IndexCheck:
    """A check of a kernel: that it reads `tensor` within `extent` in a dimension."""

    tensor: str
    dimension: int
    extent: Dim


@dataclass(frozen=True)
class Signature:
    """The params of the kernel `name`, in the order of its arguments, and its symbolic `sizes`.

    The C function is `void name(T0*, ..., Tk*, int64_t size0, ...)`. A kernel that packs
    constants has a second function: `prepare` takes the `constants`, then the `packed` buffers
    that it fills, then the sizes; `name` takes the params that are not in `constants`, then the
    packed buffers, then the sizes. `bindable` inputs may be bound too: the schedule decides
    which constants are packed.

    With `checks`, both functions take one more buffer after the others, with one 64-bit integer
    for each check: an index that was outside, or 0.
    """

    name: str
    params: tuple[Param, ...]
    sizes: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    packed: tuple[Param, ...] = ()
    bindable: tuple[str, ...] = ()
    checks: tuple[IndexCheck, ...] = ()

    @staticmethod
    def from_plain(fields: dict[str, Any]) -> Signature:
        """Return the signature that `dataclasses.asdict` wrote, also after a round trip as JSON."""

        def params(found: list[dict[str, Any]]) -> tuple[Param, ...]:
            return tuple(Param(**{**param, "shape": tuple(param["shape"])}) for param in found)

        return Signature(
            fields["name"],
            params(fields["params"]),
            tuple(fields["sizes"]),
            tuple(fields["constants"]),
            params(fields["packed"]),
            tuple(fields["bindable"]),
            tuple(IndexCheck(**check) for check in fields["checks"]),
        )

    @cached_property
    def inputs(self) -> tuple[Param, ...]:
        return tuple(param for param in self.params if not param.is_output)

    @cached_property
    def outputs(self) -> tuple[Param, ...]:
        return tuple(param for param in self.params if param.is_output)

    @cached_property
    def has_static_outputs(self) -> bool:
        """Whether the shapes of the outputs are known without the arguments."""
        return all(param.is_static for param in self.outputs)

    @cached_property
    def constant_params(self) -> tuple[Param, ...]:
        """The params that `prepare` reads, in the order of the caller."""
        return tuple(param for param in self.params if param.name in self.constants)

    @cached_property
    def direct_params(self) -> tuple[Param, ...]:
        """The params of the kernel's C function, in the order of the caller."""
        return tuple(param for param in self.params if param.name not in self.constants)
