"""Chooses what `run` and `show` use: a schedule of a workload, or the networks of a model."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autosched.cli.options import database_path, opened
from autosched.text import printable

if TYPE_CHECKING:
    import numpy as np

    from autosched.backends.base import Backend
    from autosched.backends.kernel import TargetKernel
    from autosched.cli.given import GivenModel
    from autosched.graph.model import Model
    from autosched.graph.network import Network
    from autosched.search.choice import Choice
    from autosched.search.task import Task


def is_model(word: str) -> bool:
    """Whether the word for a workload names the file of a model, by its suffix."""
    from autosched.frontend.read import is_model

    return is_model(word)


def chosen_model(
    given: GivenModel, backend: Backend, database: Path | None, wanted: str = "best"
) -> Model:
    """Return a model, to compile with the best schedules known.

    If `wanted` is "default", it is compiled with the untuned ones.
    """
    from autosched.models import model_of
    from autosched.tuning_logs import MemoryStore

    if wanted != "best":
        return model_of(given.graph(), backend, MemoryStore(), fallback=given.whole)
    if database is not None:
        opened(database).close()  # it must exist
    return model_of(given.graph(), backend, database, fallback=given.whole)


def prepared(
    model: Model, given: GivenModel, arrays: Mapping[str, np.ndarray]
) -> tuple[Network, float]:
    """Compile the network for these inputs, with a sign of life; and the seconds it took."""
    start = time.perf_counter()
    with _sign_of_life(f"compiling {given.file}"):
        network, _ = model.prepared(arrays)
    return network, time.perf_counter() - start


def _sign_of_life(said: str) -> AbstractContextManager[object]:
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(said)


def chosen(task: Task, database: Path | None, wanted: str = "best") -> Choice:
    """Return the best known schedule of the task; if `wanted` is "default", the untuned one."""
    from autosched.search.choice import choose

    with _known(database) if wanted == "best" else nullcontext() as store:
        return choose(task, store)


def built(task: Task, database: Path | None) -> tuple[Choice, TargetKernel]:
    """Return the best schedule of the task that can be built, and its kernel."""
    from autosched.search.kernels import build_best

    with _known(database) as store:
        return build_best(task, store)


def default_kernel(task: Task) -> TargetKernel:
    """Return the kernel of the untuned schedule of the task."""
    from autosched.search.kernels import build_best

    return build_best(task, None)[1]


def _known(database: Path | None) -> Any:
    """Open the database as a context manager that gives its store.

    It gives None if the default database does not exist; a database named by the user must exist.
    """
    if database is None and not database_path(None).exists():
        return nullcontext()
    return opened(database)


def described(choice: Choice) -> str:
    """Describe a choice in words: its origin and the reason."""
    said = choice.reason.startswith(choice.origin)
    return printable(choice.reason if said else f"{choice.origin}: {choice.reason}")
