"""The timeline as a Chrome trace, which Perfetto and chrome://tracing open."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from autosched.vta.timing.spans import Span
from autosched.vta.timing.table import ALL_UNITS


def chrome_trace(spans: Iterable[Span], total: int, preset: str) -> str:
    """Return JSON in which a microsecond stands for a cycle, with a thread for each unit."""
    events: list[dict[str, Any]] = [_event("process_name", "M", 0, name=f"VTA, preset {preset}")]
    for row, unit in enumerate(ALL_UNITS):
        events.append(_event("thread_name", "M", row, name=unit))
        events.append(_event("thread_sort_index", "M", row, sort_index=row))
    for span in spans:
        row = ALL_UNITS.index(span.unit)
        for wait in span.waits:
            events.append(
                _event(f"waits: {wait.reason}", "X", row, instruction=span.instruction)
                | {"cat": "wait", "ts": wait.start, "dur": wait.end - wait.start}
            )
        events.append(
            _event(span.kind, "X", row, instruction=span.instruction, bus_wait=span.bus_wait)
            | {"cat": "instruction", "ts": span.start, "dur": span.end - span.start}
        )
    return json.dumps(
        {"traceEvents": events, "otherData": {"unit": "1 us is 1 cycle", "total_cycles": total}}
    )


def _event(title: str, phase: str, row: int, /, **arguments: object) -> dict[str, Any]:
    return {"name": title, "ph": phase, "pid": 0, "tid": row, "args": arguments}
