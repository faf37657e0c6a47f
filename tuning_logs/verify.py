"""What SQLite cannot check by itself: that the texts stored as JSON are JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from autosched.tuning_logs.records import TrialRecord, WorkloadRecord


def text_problems(
    workloads: Iterable[WorkloadRecord], trials: Iterable[TrialRecord]
) -> Iterator[str]:
    """One sentence for each text that does not parse."""
    for workload in workloads:
        if not _is_json(workload.params, dict):
            yield f"workload {workload.key}: expected params that are a JSON object"
    for trial in trials:
        if not _is_json(trial.trace, object):
            yield f"trial {trial.trace_key}: expected a trace that is JSON"


def _is_json(text: str, kind: type) -> bool:
    try:
        return isinstance(json.loads(text), kind)
    except ValueError:
        return False
