"""The cycle model: how many cycles a program takes, and where they go.

`preset.py` reads the constants of a machine. `program.py` makes the timing table of a program,
which `reading.py` fills and `transfers.py` and `costs.py` complete; `refusal.py` has the errors.
`engine.py` and `bus.py` time the events, for `events.py`; `report.py` says where the cycles went;
`svg.py` and `trace.py` draw its `spans.py`.
"""

from autosched.vta.timing.model import cycles
from autosched.vta.timing.preset import Preset, load_preset, preset_names
from autosched.vta.timing.report import CycleReport, UnitCycles
from autosched.vta.timing.spans import Span, Wait

__all__ = [
    "CycleReport",
    "Preset",
    "Span",
    "UnitCycles",
    "Wait",
    "cycles",
    "load_preset",
    "preset_names",
]
