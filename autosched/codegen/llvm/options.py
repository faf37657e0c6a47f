"""The options of code generation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CodegenOptions:
    """Settings of the code of one module.

    `threads` is how many run a parallel loop: 0 for every core of the target, 1 for none
    but the caller's. `memory_bytes` is the memory of the machine, 0 where it is not known: code
    that needs a larger buffer is refused.
    """

    threads: int = 1
    memory_bytes: int = 0
