"""AutoTVM: templates with knobs, tuned and found again by logs. See `autosched.template`.

A template is searched by our tuner: trials are verified in isolated workers, and kept in the
database of the user as well as in the logs that a script asks for.
"""

from __future__ import annotations

from typing import Any

from autosched.errors import not_offered
from autosched.tvm.autotvm import callback, database, env, measure, record, task, tophub, tuner
from autosched.tvm.autotvm.env import GLOBAL_SCOPE
from autosched.tvm.autotvm.measure import (
    LocalBuilder,
    LocalRunner,
    MeasureErrorNo,
    MeasureInput,
    MeasureResult,
    RPCRunner,
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
    register_topi_compute,
    register_topi_schedule,
    template,
)
from autosched.tvm.autotvm.task import ApplyHistoryBest as ApplyBest
from autosched.tvm.autotvm.task import ApplyHistoryBest as apply_history_best

__all__ = [
    "GLOBAL_SCOPE", "ApplyBest", "ApplyConfig", "ApplyFixedConfig", "ApplyHistoryBest",
    "ConfigEntity", "ConfigSpace", "DispatchContext", "FallbackContext", "LocalBuilder",
    "LocalRunner", "MeasureErrorNo", "MeasureInput", "MeasureResult", "RPCRunner", "Task",
    "apply_history_best", "callback", "database", "env", "get_config",
    "measure", "measure_option", "record", "register_topi_compute", "register_topi_schedule",
    "task", "template", "tophub", "tuner",
]  # fmt: skip

_MISSING = {"feature", "graph_tuner", "utils"}


def __getattr__(name: str) -> Any:
    if name in _MISSING:
        raise not_offered(f"autotvm.{name}", "what is there: " + ", ".join(__all__))
    raise AttributeError(f"module 'autosched.tvm.autotvm' has no attribute {name!r}")
