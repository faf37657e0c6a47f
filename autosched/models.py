"""The functions for users who have a model: compile it, load one that was saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any

from autosched.api import Math, backend_of, opened
from autosched.backends.base import Backend
from autosched.backends.parse import AnyTarget
from autosched.config import Settings
from autosched.frontend.read import fallback_of, graph_of
from autosched.graph.folder import SavedModel, read
from autosched.graph.graph import Graph
from autosched.graph.model import Model, with_sizes
from autosched.graph.stored import stored
from autosched.search.kernels import opened_to_read
from autosched.tuning_logs import Store


def compile(
    model: object,
    *,
    target: AnyTarget = "cpu",
    threads: int = 0,
    math: Math | None = None,
    tolerance: float | None = None,
    db: str | Path | Store | None = None,
    sizes: Mapping[str, int] | None = None,
    without: Collection[str] = (),
    **options: Any,
) -> Model:
    """Compile a model: the path of an ONNX file or of StableHLO text, an `onnx.ModelProto`, a
    `torch.nn.Module`, a `torch.export.ExportedProgram`, a `jax.export.Exported`, or a graph.

    Kernels have the best schedules that the database `db` knows, by default the user's own, and
    default ones where it knows none; `Model.tune` makes a file that does not exist. `threads`,
    `math` and `tolerance` are as for `autosched.build`. `sizes` are values of some of the model's
    symbolic sizes; while others are open, or an input decides shapes, networks are compiled when
    they are first run. `without` are names of passes that are left out. `options` are those of
    what reads the model; a PyTorch module needs `inputs`, examples of its arguments.

    Raises GraphError for a model that is broken or not supported, TargetError and DatabaseError
    for a target or a database that is, OptionError, a TypeError, for an option that this kind of
    model has not.
    """
    backend = backend_of(target, threads, math, tolerance)
    fallback = fallback_of(model, options.get("fallback"))
    whole = None if fallback is None else lambda: _sized(fallback(), sizes)
    # No name keeps the graph that is read: its constants are let go once they are in a file.
    made = model_of(_sized(graph_of(model, **options), sizes), backend, db, without, whole)
    return _ready(made)


def model_of(
    graph: Graph,
    backend: Backend,
    db: str | Path | Store | None = None,
    without: Collection[str] = (),
    fallback: Callable[[], Graph] | None = None,
) -> Model:
    """Return the model of a graph, of which nothing is compiled yet; see `compile`.

    `fallback` makes the graph to compile where this one cannot be.
    """
    opens = partial(_known, db), partial(opened, db)
    return Model(_stored(graph), backend, *opens, without, fallback)


def _known(db: str | Path | Store | None) -> Any:
    """Return the store to read from as a context, None where there is no such file yet."""
    is_new = isinstance(db, str | Path) and not Path(db).exists()
    return nullcontext() if is_new else opened_to_read(db)


def load(
    folder: str | os.PathLike[str],
    *,
    target: AnyTarget | None = None,
    threads: int = 0,
    math: Math | None = None,
    tolerance: float | None = None,
) -> Model:
    """Load a model that `Model.save` wrote, by default for the target it was compiled for.

    Raises GraphError for a folder that is none, and DatabaseError for broken schedules.
    """
    import autosched.frontend.stablehlo.opened  # noqa: F401  the operator that a graph may have

    options = threads, math, tolerance
    return _ready(_loaded(read(Path(folder)), lambda own: backend_of(target or own, *options)))


def _loaded(saved: SavedModel, backend_for: Callable[[str], Backend]) -> Model:
    backend = backend_for(saved.target)
    schedules = saved.schedules
    opens = partial(nullcontext, schedules), partial(opened, schedules)
    return Model(_stored(saved.graph), backend, *opens, saved.without)


def _sized(graph: Graph, sizes: Mapping[str, int] | None) -> Graph:
    return with_sizes(graph, sizes) if sizes else graph


def _stored(graph: Graph) -> Graph:
    return stored(graph, Settings.from_environment().cache)


def _ready(model: Model) -> Model:
    """Compile the model's network, if there is only one."""
    if model.is_closed:
        model.network()
    return model
