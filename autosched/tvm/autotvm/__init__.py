"""AutoTVM: templates with knobs, tuned and found again by logs. See `autosched.template`.

A template is searched by our tuner: trials are verified in isolated workers, and kept in the
database of the user as well as in the logs that a script asks for.
"""

from __future__ import annotations

from autosched.tvm.absent import refusing
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
    create,
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
    "apply_history_best", "callback", "create", "database", "env", "get_config",
    "measure", "measure_option", "record", "register_topi_compute", "register_topi_schedule",
    "task", "template", "tophub", "tuner",
]  # fmt: skip

__getattr__ = refusing(__name__)
