"""autosched: a tensor compiler that tunes itself.

`te` says what to compute, a schedule how; `tune` searches schedules by measuring them and
keeps the results in a database; `build` makes a kernel of the best one known, and `compile`
a network of them from a model.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from autosched.errors import AutoschedError

if TYPE_CHECKING:
    from autosched.api import Database, build, lower, tune
    from autosched.models import compile, load
    from autosched.ops.registry import template
    from autosched.ops.workloads import workload

__version__ = "0.1.0"

__all__ = [
    "AutoschedError",
    "Database",
    "build",
    "compile",
    "load",
    "lower",
    "te",
    "template",
    "tune",
    "workload",
]

_HOMES = {
    "build": "autosched.api",
    "compile": "autosched.models",
    "load": "autosched.models",
    "lower": "autosched.api",
    "tune": "autosched.api",
    "Database": "autosched.api",
    "template": "autosched.ops.registry",
    "workload": "autosched.ops.workloads",
}
"""Where the public names live; they load on first use, so that `import autosched` is quick."""


def __getattr__(name: str) -> Any:
    if name == "te":
        return import_module("autosched.te")
    if name not in _HOMES:
        raise AttributeError(f"module 'autosched' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
