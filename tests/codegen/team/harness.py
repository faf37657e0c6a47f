"""Parallel loops without a kernel around them."""

from __future__ import annotations

import ctypes
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache

from autosched.codegen.compile import compile_text
from autosched.codegen.llvm.symbols import PARALLEL_SYMBOL
from autosched.codegen.machine.module import CompiledModule
from autosched.codegen.team.install import address
from autosched.config import child_environment
from autosched.target.target import Target

Share = Callable[[int, int, int], None]
"""Called with the first iteration, the end, and the member's number."""

_WORD = ctypes.c_int64
_SHARE = ctypes.CFUNCTYPE(None, ctypes.c_void_p, _WORD, _WORD, _WORD)
_PARALLEL = ctypes.CFUNCTYPE(None, _SHARE, ctypes.c_void_p, _WORD, _WORD, _WORD)
_HAMMER = ctypes.CFUNCTYPE(None, ctypes.c_void_p, _WORD, _WORD, _WORD)


def parallel(share: Share, start: int, extent: int, threads: int) -> None:
    """Run a parallel loop whose body is Python."""
    loop = _PARALLEL(address())
    loop(_SHARE(lambda _context, low, high, member: share(low, high, member)), 0, start, extent,
         threads)  # fmt: skip


def hammer(data: ctypes.Array[ctypes.c_int64], extent: int, threads: int, times: int) -> None:
    """So many parallel loops, one right after the other, that add 1 to each element."""
    with _lock:
        module = _hammer()
    _HAMMER(module.address("hammer"))(ctypes.addressof(data), extent, threads, times)


@cache
def _hammer() -> CompiledModule:
    return compile_text(_HAMMER_TEXT, Target.host())


_lock = threading.Lock()


def run_python(code: str, **environment: str) -> str:
    """What another process prints that runs `code`, which must end well."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env=child_environment(**environment),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout.strip()


_HAMMER_TEXT = f"""
declare void @"{PARALLEL_SYMBOL}"(ptr, ptr, i64, i64, i64)

define void @hammer(ptr %data, i64 %extent, i64 %threads, i64 %times) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ 0, %entry ], [ %next, %loop ]
  call void @"{PARALLEL_SYMBOL}"(ptr @bump, ptr %data, i64 0, i64 %extent, i64 %threads)
  %next = add i64 %i, 1
  %again = icmp slt i64 %next, %times
  br i1 %again, label %loop, label %end
end:
  ret void
}}

define internal void @bump(ptr %data, i64 %low, i64 %high, i64 %member) {{
entry:
  br label %loop
loop:
  %i = phi i64 [ %low, %entry ], [ %next, %loop ]
  %place = getelementptr i64, ptr %data, i64 %i
  %old = load i64, ptr %place
  %new = add i64 %old, 1
  store i64 %new, ptr %place
  %next = add i64 %i, 1
  %again = icmp slt i64 %next, %high
  br i1 %again, label %loop, label %end
end:
  ret void
}}
"""
