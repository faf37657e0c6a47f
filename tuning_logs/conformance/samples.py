"""Sample records for the tests of stores."""

from __future__ import annotations

from typing import Any

from autosched.tuning_logs.records import SessionRecord, TargetRecord, TrialRecord, WorkloadRecord
from autosched.tuning_logs.store import Store

SMALL = WorkloadRecord(content="C = A @ B, 8", name="matmul", params='{"m": 8}', shape_free_key="@")
LARGE = WorkloadRecord(
    content="C = A @ B, 64", name="matmul", params='{"m": 64}', shape_free_key="@"
)
OTHER = WorkloadRecord(content="B = max(A, 0)", name="relu")
CPU = TargetRecord(text="cpu -model=test")
VTA = TargetRecord(text="vta")
SESSION = SessionRecord(id="s1", strategy="random", seed=7, versions={"numpy": "2"}, machine="here")
OTHER_SESSION = SessionRecord(id="s2", strategy="random", seed=8)


def fill(store: Store, *trials: TrialRecord) -> None:
    """Add `SMALL`, `CPU` and `SESSION`, and trials that refer to them."""
    store.add_workload(SMALL)
    store.add_target(CPU)
    store.start_session(SESSION)
    for record in trials:
        store.add_trial(record)


def claim(store: Store, session: SessionRecord, *keys: str) -> set[str]:
    """Claim candidates of `SMALL` on `CPU` with one thread; return those that were granted."""
    return store.claim(SMALL.key, CPU.text, 1, session.id, keys)


def trial(
    number: int, time_ns: float | None = None, outcome: str = "ok", **changes: Any
) -> TrialRecord:
    """Return a trial of `SMALL` with the trace `[number]`.

    An `ok` trial takes `time_ns` nanoseconds, by default `number + 1`.
    """
    times = (time_ns or number + 1.0,) if outcome == "ok" else ()
    defaults = {"workload": SMALL.key, "target": CPU.text, "session": SESSION.id}
    return TrialRecord(
        **{**defaults, "trace": f"[{number}]", "outcome": outcome, "times_ns": times, **changes}
    )
