"""Describes the run that is starting, as far as Python knows it."""

from __future__ import annotations

import os
import platform
import uuid
from importlib.metadata import PackageNotFoundError, version

from autosched.tuning_logs.records import SessionRecord

_PACKAGES = ("autosched", "llvmlite", "numpy", "xgboost")


def new_session(*, strategy: str, seed: int, host_cpu: str = "") -> SessionRecord:
    """A session that starts now, with a new id, this machine and the versions installed.

    `host_cpu` is the compiler's name for the processor, which only the caller knows.
    """
    return SessionRecord(
        id=uuid.uuid4().hex,
        strategy=strategy,
        seed=seed,
        versions=_versions(),
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        host_cpu=host_cpu,
    )


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # a clone that was not installed, or an optional package
    return found
