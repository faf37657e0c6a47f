"""Buffers: the memory a loop nest reads and writes."""

from __future__ import annotations

from dataclasses import dataclass

from autosched.ir.dtype import DType
from autosched.ir.expr import Expr


@dataclass(slots=True, eq=False)
class Buffer:
    """A dense row-major array of `shape` elements of a scalar `dtype`.

    `strides`, in elements, are given only where `storage_align` made them differ from the
    dense ones. `scope` is the memory it lives in: `global` for parameters and the heap,
    `local` for what one thread keeps close (the stack, and registers where every index is
    a constant); an accelerator adds its own. Where `copies` is not 1, a target whose loads
    run beside its work keeps that many, and takes the next at each allocation.
    """

    name: str
    shape: tuple[Expr, ...]
    dtype: DType
    scope: str = "global"
    strides: tuple[Expr, ...] | None = None
    copies: int = 1

    def __repr__(self) -> str:
        extents = ", ".join(str(extent) for extent in self.shape)
        return f"<Buffer {self.name}[{extents}] {self.dtype} {self.scope}>"
