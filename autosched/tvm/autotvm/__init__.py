"""AutoTVM: templates with knobs, tuned and found again by logs. See `autosched.template`.

A template is searched by our tuner: trials are verified in isolated workers, and kept in the
database of the user as well as in the logs that a script asks for.
"""

from __future__ import annotations

from autosched.tvm.autotvm import callback, measure, record, task, tuner
from autosched.tvm.autotvm.measure import (
    LocalBuilder,
    LocalRunner,
    MeasureErrorNo,
    MeasureInput,
    MeasureResult,
    measure_option,
)
from autosched.tvm.autotvm.task import (
    ApplyConfig,
    ApplyFixedConfig,
    ApplyHistoryBest,
    ConfigEntity,
    ConfigSpace,
    DispatchContext,
    FallbackContext,
    Task,
    get_config,
    template,
)
from autosched.tvm.autotvm.task import ApplyHistoryBest as ApplyBest
from autosched.tvm.autotvm.task import ApplyHistoryBest as apply_history_best

__all__ = [
    "ApplyBest", "ApplyConfig", "ApplyFixedConfig", "ApplyHistoryBest", "ConfigEntity",
    "ConfigSpace", "DispatchContext", "FallbackContext", "LocalBuilder", "LocalRunner",
    "MeasureErrorNo", "MeasureInput", "MeasureResult", "Task", "apply_history_best", "callback",
    "get_config", "measure", "measure_option", "record", "task", "template", "tuner",
]  # fmt: skip
