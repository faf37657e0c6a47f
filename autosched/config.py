"""The settings of a run; no other file reads environment variables."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from autosched.errors import SettingsError

DATABASE_VARIABLE = "AUTOSCHED_DB"
THREAD_WAIT_VARIABLE = "AUTOSCHED_THREAD_WAIT"
CACHE_VARIABLE = "AUTOSCHED_CACHE"
TVM_THREADS_VARIABLE = "TVM_NUM_THREADS"
EMULATE_GPU_VARIABLE = "AUTOSCHED_EMULATE_GPU"
NO_CACHE = "off"

THREAD_WAIT_US = 100
MAX_THREAD_WAIT_US = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings that a run takes from the environment.

    `database` is the default tuning database. After a parallel loop its threads wait actively
    for the next one for `thread_wait_us` microseconds, then they sleep. `cache` is the folder of
    compiled kernels, None to keep none.
    """

    database: Path
    thread_wait_us: int = THREAD_WAIT_US
    cache: Path | None = None

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings of the environment; an empty variable counts as unset.

        `AUTOSCHED_DB` names the tuning database; by default it lies in the user's data
        directory of the operating system. `AUTOSCHED_THREAD_WAIT` is `thread_wait_us`.
        `AUTOSCHED_CACHE` names the folder of compiled kernels, by default in the user's cache
        directory, or is `off`. Raises SettingsError for an invalid value.
        """
        variables = os.environ if environment is None else environment
        named = variables.get(DATABASE_VARIABLE, "")
        return cls(
            database=expanded(named) if named else default_database(),
            thread_wait_us=_thread_wait_us(variables.get(THREAD_WAIT_VARIABLE, "")),
            cache=_cache(variables.get(CACHE_VARIABLE, "")),
        )


def _cache(named: str) -> Path | None:
    if named == NO_CACHE:
        return None
    return expanded(named) if named else default_cache()


def _thread_wait_us(text: str) -> int:
    if not text:
        return THREAD_WAIT_US
    digits = len(str(MAX_THREAD_WAIT_US))
    if text.isascii() and text.isdecimal() and len(text) <= digits:
        value = int(text)
        if value <= MAX_THREAD_WAIT_US:
            return value
    raise SettingsError(
        f"expected {THREAD_WAIT_VARIABLE} to be a whole number of microseconds, from 0 to "
        f"{MAX_THREAD_WAIT_US}, got {text[: digits + 1]!r}",
        hint=f"the default is {THREAD_WAIT_US}; with 0 idle threads sleep at once",
    )


def tvm_threads() -> int:
    """Return the threads that `TVM_NUM_THREADS` gives scripts of TVM; 0, for all, if it is unset.

    Raises SettingsError for an invalid value.
    """
    text = os.environ.get(TVM_THREADS_VARIABLE, "")
    if not text:
        return 0
    if not (text.isascii() and text.isdecimal() and int(text[:9]) > 0 and len(text) < 9):
        raise SettingsError(f"expected a positive number of threads, got {text[:9]!r}")
    return int(text)


def emulates_gpu() -> bool:
    """Return whether `AUTOSCHED_EMULATE_GPU` lets this CPU run scripts of TVM for a GPU.

    Raises SettingsError unless it is 1, 0 or unset.
    """
    text = os.environ.get(EMULATE_GPU_VARIABLE, "")
    if text not in ("", "0", "1"):
        raise SettingsError(f"expected {EMULATE_GPU_VARIABLE} to be 0 or 1, got {text!r}")
    return text == "1"


def child_environment(**changes: str) -> dict[str, str]:
    """Return this process's environment, with some variables changed, for a child process.

    It finds modules where this process does.
    """
    return {**os.environ, "PYTHONPATH": _module_path(), **changes}


def child_python(*arguments: str) -> list[str] | None:
    """Return the command of another process of this Python; None within another program."""
    is_python = Path(sys.executable or "").stem.startswith("python")
    if os.name != "posix" or not is_python or hasattr(sys, "frozen"):
        return None
    return [sys.executable, "-P", *arguments]  # -P: no file of the working directory is a module


def _module_path() -> str:
    """Return the module search path of this process as a PYTHONPATH for a child."""
    entries = []
    for entry in sys.path:
        with suppress(FileNotFoundError):  # relative to a working directory that was removed
            entries.append(os.path.abspath(entry))
    return os.pathsep.join(entries)


def default_database() -> Path:
    """Return the path of the tuning database in the user's data directory."""
    from platformdirs import user_data_path  # late: rarely needed

    try:
        return expanded(user_data_path("autosched", appauthor=False)) / "tuning.db"
    except RuntimeError:  # raised by newer versions of platformdirs
        raise _homeless("the tuning database") from None


def default_cache() -> Path | None:
    """Return the folder of compiled kernels in the user's cache directory; None without a home."""
    from platformdirs import user_cache_path  # late: rarely needed

    try:
        return expanded(user_cache_path("autosched", appauthor=False)) / "kernels"
    except (RuntimeError, SettingsError):  # a RuntimeError of newer versions of platformdirs
        return None


def expanded(path: str | Path) -> Path:
    """Return the path with `~` replaced by the home directory. Raises SettingsError without one."""
    try:
        found = Path(path).expanduser()
    except RuntimeError:
        raise _homeless(path) from None
    if found.parts[:1] == ("~",):
        raise _homeless(path)
    return found


def _homeless(path: str | Path) -> SettingsError:
    return SettingsError(
        f"expected a home directory for {path}, got none",
        hint="set HOME, or name a file; AUTOSCHED_DB and --db name a database",
    )
