"""The functions for working memory of this process, which its kernels share."""

from __future__ import annotations

import threading

from autosched.codegen.llvm.memory.blocks import ALLOCATE, DROP, GIVE, TAKE, module_text
from autosched.codegen.machine.apart import file_later
from autosched.codegen.machine.linked import LinkedCode
from autosched.disk_cache import kept
from autosched.target.target import Target

_installed: list[LinkedCode] = []
"""Their code; it is never freed, since kernels call it until the process ends."""

_lock = threading.Lock()


def addresses() -> dict[str, int]:
    """Return the addresses of the functions by name."""
    with _lock:
        if not _installed:
            _installed.append(_code())
    return {name: _installed[0].address(name) for name in (ALLOCATE, TAKE, GIVE, DROP)}


def _code() -> LinkedCode:
    target = Target.host()
    text = module_text(target)
    file = kept(lambda: file_later("code", text, target).result(), "workspace", text, str(target))
    return LinkedCode([file], target)
