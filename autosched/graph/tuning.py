"""Tunes the kernels of networks: a search for schedules, then a comparison inside the networks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral, Real
from typing import Any

from autosched.errors import GraphError
from autosched.graph.settle import Compile, settle
from autosched.search.events import Event, Listener, NetworksBegun, NetworksTimed
from autosched.search.result import TasksResult
from autosched.search.scheduler import WeightedTask
from autosched.search.together import tune_tasks
from autosched.tuning_logs import Store

IN_NETWORKS = 0.05
"""The share of a time limit that is kept for timing the networks."""


def tune_networks(
    tasks: Sequence[WeightedTask],
    store: Store,
    compile: Compile,
    *,
    time_limit: float | None,
    on_event: Listener | None,
    **options: Any,
) -> TasksResult:
    """Search schedules for the tasks of networks as `tune_tasks` does, then `settle` them.

    That comes after a search that Ctrl-C ended, too: no network gets slower. Ctrl-C ends it.
    """
    begin = time.monotonic()
    limit = None if time_limit is None else (1 - IN_NETWORKS) * time_limit
    result = tune_tasks(
        tasks, store, time_limit=limit, on_event=on_event, in_network=True, **options
    )

    def tell(event: Event) -> None:
        if on_event is not None:
            on_event(event)

    try:
        tell(NetworksBegun())
        kept = settle([each.task for each in tasks], store, compile)
        tell(NetworksTimed())
        result = replace(result, kept_defaults=kept)
    except KeyboardInterrupt:
        result = replace(result, ending="interrupted")
    return replace(result, seconds=time.monotonic() - begin)


def check_budget(trials: int | None, time_limit: float | None) -> None:
    """Raise GraphError unless there is a number of trials or a time limit, of 0 or more."""
    if trials is None and time_limit is None:
        raise GraphError("expected a number of trials or a time limit, got neither")
    if trials is not None and not (isinstance(trials, Integral) and int(trials) >= 0):
        raise GraphError(f"expected a number of trials, of 0 or more, got {trials!r}")
    if time_limit is not None and not (isinstance(time_limit, Real) and time_limit >= 0):
        raise GraphError(f"expected a time limit in seconds, got {time_limit!r}")
