"""The OpenMP runtime that parallel loops run on: the libgomp that installed wheels carry.

Nothing is imported to find it. One that the process has loaded already is taken first, so
that there is one pool of threads; then the one xgboost will load. Where it is loaded here
and the user has not said otherwise, idle threads sleep instead of spinning.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from autosched.config import environment_defaults

SYMBOLS = ("GOMP_parallel", "omp_get_thread_num", "omp_get_num_threads", "omp_set_num_threads")

_WHEEL_PATTERNS = (
    "xgboost.libs/libgomp*.so*",
    "scikit_learn.libs/libgomp*.so*",
    "torch/lib/libgomp*.so*",
    "torch.libs/libgomp*.so*",
    "*.libs/libgomp*.so*",
)


def gomp_symbols() -> dict[str, int] | None:
    """The address of each of SYMBOLS in this process, or None where there is no libgomp."""
    found = _load()
    return found[1] if found else None


def threads_report() -> str:
    """One sentence: what parallel loops run on here."""
    found = _load()
    if found is None:
        return "parallel loops run on one thread: no libgomp was found in the installed packages"
    return f"parallel loops run on {found[0]}"


@cache
def _load() -> tuple[str, dict[str, int]] | None:
    for path in _candidates():
        try:
            library = _opened(path)
            return path, {name: _address(library, name) for name in SYMBOLS}
        except (OSError, AttributeError):  # not loadable here, or not the GNU runtime
            continue
    return None


def _opened(path: str) -> ctypes.CDLL:
    """The library, whose waiting threads sleep; it reads that once, when it is first loaded."""
    with environment_defaults(unless="GOMP_SPINCOUNT", OMP_WAIT_POLICY="passive"):
        return ctypes.CDLL(path)


def _candidates() -> Iterator[str]:
    yield from _loaded_libraries()
    folders = [Path(entry) for entry in sys.path if entry]
    for pattern in _WHEEL_PATTERNS:
        for folder in folders:
            yield from map(str, sorted(folder.glob(pattern)))
    yield "libgomp.so.1"


def _loaded_libraries() -> Iterator[str]:
    maps = Path("/proc/self/maps")
    if not maps.exists():
        return
    paths = {line.split(maxsplit=5)[-1] for line in maps.read_text().splitlines()}
    yield from sorted(path for path in paths if Path(path).name.startswith("libgomp"))


def _address(library: ctypes.CDLL, name: str) -> int:
    address = ctypes.cast(getattr(library, name), ctypes.c_void_p).value
    assert address is not None
    return address
