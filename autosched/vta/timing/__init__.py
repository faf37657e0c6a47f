"""How many cycles a program takes, and where they go.

`preset.py` reads the constants of a machine, `program.py` and `transfers.py` what a program
costs, `bus.py` and `engine.py` play it through, `report.py` says where the cycles went;
`svg.py` and `trace.py` draw it.
"""

from autosched.vta.timing.model import cycles
from autosched.vta.timing.preset import Preset, load_preset, preset_names
from autosched.vta.timing.report import CycleReport, Span, UnitCycles, Wait

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
