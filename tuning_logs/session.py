"""Describes a run of a tuner: its machine and the versions of its packages."""

from __future__ import annotations

import os

from autosched.tuning_logs.records import SessionRecord

_PACKAGES = ("autosched", "llvmlite", "numpy", "xgboost")


def new_session(*, strategy: str, seed: int, host_cpu: str = "") -> SessionRecord:
    """Return a session that starts now on this machine, with a new id.

    `host_cpu` is LLVM's name of the processor; this package cannot ask LLVM for it.
    """
    import platform  # late, as `uuid`: only a search begins a session
    import uuid

    return SessionRecord(
        id=uuid.uuid4().hex,
        strategy=strategy,
        seed=seed,
        versions=_versions(),
        machine=f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        host_cpu=host_cpu,
    )


def _versions() -> dict[str, str]:
    import platform  # late, as in `new_session`
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue  # not installed: a clone, or an optional package
    return found
