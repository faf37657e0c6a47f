"""Settings of AutoTVM that scripts change: `silent` leaves out warnings."""

from types import SimpleNamespace

GLOBAL_SCOPE = SimpleNamespace(silent=False, in_tuning=False)
