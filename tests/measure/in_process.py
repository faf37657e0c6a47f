"""Workers in this process, for tests of what a measurer asks rather than of processes."""

from __future__ import annotations

import gc
import json
import pkgutil
from contextlib import nullcontext
from typing import Any

import pytest

from autosched.measure import tasks, workers
from autosched.measure.options import MeasureOptions
from autosched.measure.worker import reply_to


class InProcess:
    """Has the methods of `WorkerProcess` that a pool calls; nothing limits its candidates."""

    requests = first_bytes = resident_bytes = 0

    def __init__(self, options: MeasureOptions):
        self._options = options

    def begin(self) -> None:
        options = self._options
        kind = pkgutil.resolve_name(options.tasks)
        self._tasks = kind(options.builder, options.memory_bytes, options.pin)

    def ask(self, request: dict[str, Any], deadline_s: float) -> dict[str, Any]:
        reply = json.loads(json.dumps(reply_to(self._tasks, json.loads(json.dumps(request)))))
        return {"spoiled": self._tasks.spoiled, **reply}

    def interrupt(self) -> None:
        """Do nothing: a request cannot be interrupted."""

    def kill(self) -> None:
        """Do nothing: there is no process."""


def work_in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let measurers of this test have workers in this process, which keeps its limits."""
    monkeypatch.setattr(workers, "WorkerProcess", InProcess)
    monkeypatch.setattr(tasks, "limit_growth", lambda allowed_bytes: None)
    monkeypatch.setattr(tasks, "limited_output", nullcontext)  # two at once would keep the limit
    monkeypatch.setattr(gc, "disable", lambda: None)
