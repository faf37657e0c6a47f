"""What a tuning database keeps, as plain frozen values.

Workloads, traces and targets are text here: a key is a content hash, a trace is the JSON
that the schedule wrote, a target is the line that describes it. So a database opens, and
another one's rows are read, without a compiler.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from statistics import median

from autosched.errors import DatabaseError

MAX_INTEGER = 2**63 - 1
"""The greatest integer that a database takes."""

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
    """The SHA-256 of a text, in hexadecimal: the key under which that text is stored."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def utc_now() -> str:
    """This moment as ISO 8601 text in UTC, to the microsecond; such texts sort by time."""
    return utc_text(datetime.now(UTC))


def utc_text(moment: datetime) -> str:
    """The moment, which is in UTC, as `utc_now` has it."""
    return moment.isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRecord:
    """One computation at one shape.

    `content` is the text that `key` is the hash of, and must not hold the names that users
    give. `params` is a JSON object of what the workload's name was called with.
    `shape_free_key` is the same for workloads that differ in their sizes only; it is empty
    where nobody needs to find such relatives.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetRecord:
    """What trials were measured on, as one line of text that is its own key."""

    text: str
    created: str = field(default_factory=utc_now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """One run of a tuner: how it searched, by which versions, on which machine.

    `versions` maps a package to its version. `ended` is None while the session runs, and
    for ever if it was killed.
    """

    id: str
    strategy: str
    seed: int
    versions: Mapping[str, str] = field(default_factory=dict)
    machine: str = ""
    host_cpu: str = ""
    started: str = field(default_factory=utc_now)
    ended: str | None = None


LOST = SessionRecord(id="lost", strategy="unknown", seed=0, started="")
"""Stands for the session of a trial that outlived it in a broken file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """One candidate that was tried: what it was, where, and what came of it.

    `workload` is the workload's key, `target` the target's text, `session` the session's id.
    `outcome` is one of `OUTCOMES` and `reason` says why, where it is not `ok`. `times_ns`
    has every repeat in nanoseconds and is empty unless the outcome is `ok`. `predicted` is
    the score that the cost model gave before measuring.

    Raises `DatabaseError` for an unknown outcome and for times that do not go with it.
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

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise DatabaseError(
                f"expected an outcome, one of {', '.join(OUTCOMES)}, got {self.outcome!r}"
            )
        if self.threads < 1:
            raise DatabaseError(f"expected a thread count of at least 1, got {self.threads}")
        times = tuple(float(time) for time in self.times_ns)
        check_times(self.outcome, times)
        object.__setattr__(self, "times_ns", times)
        object.__setattr__(self, "reason", _storable(self.reason))
        if not self.trace_key:
            object.__setattr__(self, "trace_key", content_key(self.trace))

    @property
    def time_ns(self) -> float | None:
        """The median of the repeats; None where there are none."""
        return median(self.times_ns) if self.times_ns else None


def refusal(trial: TrialRecord, outcome: str, reason: str) -> TrialRecord:
    """The trial without its times. Raises `DatabaseError` unless `outcome` is a failure."""
    if outcome == "ok":
        raise DatabaseError("expected an outcome that says what failed, got 'ok'")
    return replace(trial, outcome=outcome, reason=reason, times_ns=())


def check_times(outcome: str, times_ns: tuple[float, ...]) -> None:
    """Raise `DatabaseError` unless `ok` has positive times and any other outcome none."""
    if outcome != "ok":
        if times_ns:
            raise DatabaseError(f"expected no times for a trial that is {outcome}, got {times_ns}")
        return
    if not times_ns or not all(math.isfinite(time) and time > 0 for time in times_ns):
        raise DatabaseError(f"expected positive times for a trial that is ok, got {times_ns}")


def _storable(text: str) -> str:
    # The output of a process that crashed can hold halves of characters, which SQLite refuses.
    return text.encode("utf-8", "replace").decode("utf-8")
