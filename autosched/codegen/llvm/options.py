"""What code generation may be told besides the loop nest and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class CodegenOptions:
    """Settings of the code for one function.

    `threads` is how many run a parallel loop: 0 for every core of the target, 1 for none
    but the caller's. `math` is "strict", or "fast" to let LLVM change float arithmetic as if
    it were exact; NaN and infinity keep their meaning. `free_loops` leaves loops that hold
    vector or unrolled code to LLVM's unroller too. `param_align` is the alignment in bytes
    every parameter is known to have, if more than its element's.
    """

    threads: int = 1
    math: Literal["strict", "fast"] = "strict"
    free_loops: bool = False
    param_align: int = 0

    @property
    def float_flags(self) -> str:
        """The fast-math flags that every float operation has."""
        return "reassoc nsz arcp contract afn" if self.math == "fast" else ""
