"""The names of LLVM's library, which is loaded when one is first used.

Loading it takes 50 MB and 0.1 s; kernels from the cache run without it.
"""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from llvmlite import binding  # late, see above

    return getattr(binding, name)
