"""What a compiled kernel takes: names, dtypes and shapes, as text and integers only."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

Dim = int | str


@dataclass(frozen=True)
class Param:
    """A dense row-major buffer. A dimension is an integer, or text in the kernel's sizes."""

    name: str
    dtype: str
    shape: tuple[Dim, ...]
    is_output: bool = False

    @cached_property
    def storage(self) -> np.dtype:
        """The NumPy dtype of its elements; bfloat16 travels as its bits in uint16."""
        return np.dtype("uint16" if self.dtype == "bfloat16" else self.dtype)

    @cached_property
    def is_static(self) -> bool:
        return all(isinstance(extent, int) for extent in self.shape)


@dataclass(frozen=True)
class IndexCheck:
    """A kernel looks whether what it reads `tensor` at lies within `extent` in a dimension."""

    tensor: str
    dimension: int
    extent: Dim


@dataclass(frozen=True)
class Signature:
    """The parameters of the kernel `name`, in the order of its caller, and its symbolic `sizes`.

    The C function is `void name(T0*, ..., Tk*, int64_t size0, ...)`. A kernel that packs
    constant arguments consists of two: `prepare` takes the `constants`, then the `packed`
    buffers it fills, then the sizes; `name` takes the params that are not in `constants`,
    then the packed buffers, then the sizes. Inputs that are `bindable` may be given
    beforehand too: which constants are packed is up to the schedule.

    Where there are `checks`, both functions take one more buffer after all the others: a
    64-bit integer for each check, in which they leave an index that was outside, else 0.
    """

    name: str
    params: tuple[Param, ...]
    sizes: tuple[str, ...] = ()
    constants: tuple[str, ...] = ()
    packed: tuple[Param, ...] = ()
    bindable: tuple[str, ...] = ()
    checks: tuple[IndexCheck, ...] = ()

    @cached_property
    def inputs(self) -> tuple[Param, ...]:
        return tuple(param for param in self.params if not param.is_output)

    @cached_property
    def outputs(self) -> tuple[Param, ...]:
        return tuple(param for param in self.params if param.is_output)

    @cached_property
    def constant_params(self) -> tuple[Param, ...]:
        """The params that `prepare` reads, in the order of the caller."""
        return tuple(param for param in self.params if param.name in self.constants)

    @cached_property
    def direct_params(self) -> tuple[Param, ...]:
        """The params that the kernel itself is given, in the order of the caller."""
        return tuple(param for param in self.params if param.name not in self.constants)
