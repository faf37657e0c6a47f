"""The records of a tuning database, as frozen dataclasses.

Workloads, traces and targets are plain text here: a key is a content hash, a trace is the JSON
of a schedule, a target is one line of text. So a database can be read without the compiler.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from statistics import median
from typing import Any

from autosched.errors import DatabaseError

MAX_INTEGER = 2**63 - 1
"""The greatest integer that SQLite stores."""

OUTCOMES = (
    "ok",
    "wrong_result",
    "timeout",
    "crashed",
    "build_error",
    "out_of_memory",
    "internal_error",
    "illegal",
)


def content_key(text: str) -> str:
    """Return the SHA-256 of a text in hexadecimal: the key of that text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def utc_now() -> str:
    """Return the current time as ISO 8601 text in UTC, to the microsecond.

    The texts sort by time.
    """
    return utc_text(datetime.now(UTC))


def utc_text(moment: datetime) -> str:
    """Return a time in UTC as text, in the format of `utc_now`."""
    return moment.isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRecord:
    """One computation at one shape.

    `content` is the text whose hash is `key`; it must not contain names that users chose.
    `params` is a JSON object with the parameters of the operator `name`. `shape_free_key` is
    equal for workloads that differ only in their sizes, and empty if they need not be found.
    """

    content: str
    name: str
    params: str = "{}"
    shape_free_key: str = ""
    key: str = ""
    created: str = field(default_factory=utc_now)

    def __post_init__(self) -> None:
        if not self.key:
            object.__setattr__(self, "key", content_key(self.content))

    @property
    def values(self) -> dict[str, Any]:
        """The parameters by name; none if a damaged file has something else there."""
        try:
            found = json.loads(self.params)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def __str__(self) -> str:
        return " ".join([self.name, *(f"{name}={value}" for name, value in self.values.items())])


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRecord:
    """A target of trials: one line of text, which is its own key."""

    text: str
    created: str = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One run of a tuner: its strategy, seed, package versions and machine.

    `versions` maps the name of a package to its version. `ended` is None while the session
    runs, and stays None if it is killed.
    """

    id: str
    strategy: str
    seed: int
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: str = ""
    host_cpu: str = ""
    started: str = field(default_factory=utc_now)
    ended: str | None = None


LOST_SESSION = SessionRecord(id="lost", strategy="unknown", seed=0, started="")
"""Replaces the session of a trial if a damaged file has lost it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """The measurement of one candidate.

    `workload` is the workload's key, `target` the target's text, `session` the session's id.
    `outcome` is one of `OUTCOMES`; `reason` explains one that is not `ok`. `times_ns` holds
    the time of every repeat in nanoseconds and is empty unless the outcome is `ok`.
    `predicted` is the cost model's score before the measurement. `network_ns` is the time inside
    a network, where the trial was timed there: the sum over the steps that run its kernel.

    Raises `DatabaseError` if the outcome is unknown, if an `ok` trial lacks positive times or
    a failed one has times, or if `threads` is less than 1.
    """

    workload: str
    target: str
    session: str
    trace: str
    outcome: str
    reason: str = ""
    times_ns: tuple[float, ...] = ()
    threads: int = 1
    build_ms: float | None = None
    predicted: float | None = None
    trace_key: str = ""
    created: str = field(default_factory=utc_now)
    network_ns: float | None = None

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise DatabaseError(
                f"expected an outcome, one of {', '.join(OUTCOMES)}, got {self.outcome!r}"
            )
        if self.threads < 1:
            raise DatabaseError(f"expected a thread count of at least 1, got {self.threads}")
        times = tuple(float(time) for time in self.times_ns)
        check_times(self.outcome, times)
        if self.network_ns is not None:
            check_network_time(self.outcome, self.network_ns)
        object.__setattr__(self, "times_ns", times)
        object.__setattr__(self, "reason", _storable(self.reason))
        if not self.trace_key:
            object.__setattr__(self, "trace_key", content_key(self.trace))

    @property
    def time_ns(self) -> float | None:
        """The median of the repeats; None if there are none."""
        return median(self.times_ns) if self.times_ns else None


def failed(trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
    """Return the trial with a failed outcome and no times.

    Raises `DatabaseError` if `outcome` is `ok` or unknown.
    """
    if outcome == "ok":
        raise DatabaseError("expected an outcome that says what failed, got 'ok'")
    return replace(trial, outcome=outcome, reason=reason, times_ns=(), network_ns=None)


def check_times(outcome: str, times_ns: tuple[float, ...]) -> None:
    """Raise `DatabaseError` unless an `ok` trial has positive times and a failed one none."""
    if outcome != "ok":
        if times_ns:
            raise DatabaseError(f"expected no times for a trial that is {outcome}, got {times_ns}")
        return
    if not times_ns or not all(math.isfinite(time) and time > 0 for time in times_ns):
        raise DatabaseError(f"expected positive times for a trial that is ok, got {times_ns}")


def check_network_time(outcome: str, time_ns: float) -> None:
    """Raise `DatabaseError` unless it is a positive time of an `ok` trial."""
    if outcome != "ok" or not (math.isfinite(time_ns) and time_ns > 0):
        raise DatabaseError(
            f"expected a positive time in a network, of a trial that is ok, got {time_ns} of one "
            f"that is {outcome}"
        )


def _storable(text: str) -> str:
    # Output of a crashed process can contain lone surrogates, which SQLite refuses.
    return text.encode("utf-8", "replace").decode("utf-8")
