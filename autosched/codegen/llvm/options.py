"""What code generation may be told besides the loop nest and the target."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CodegenOptions:
    """Settings of the code for one function.

    `threads` is how many run a parallel loop: 0 for every core of the target, 1 for none
    but the caller's. `free_loops` leaves loops that hold vector or unrolled code to LLVM's
    unroller too. `param_align` is the alignment in bytes every parameter is known to have, if
    more than its element's.
    """

    threads: int = 1
    free_loops: bool = False
    param_align: int = 0
