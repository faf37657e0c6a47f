"""Tasks: a template with arguments, its space of configurations, and which one is applied."""

from __future__ import annotations

from autosched.tvm.absent import refusing
from autosched.tvm.autotvm.config import (
    ConfigEntity,
    FallbackConfigEntity,
    args_to_workload,
    get_config,
)
from autosched.tvm.autotvm.task.dispatcher import (
    ApplyConfig,
    ApplyFixedConfig,
    ApplyHistoryBest,
    DispatchContext,
    FallbackContext,
)
from autosched.tvm.autotvm.task.space import ConfigSpace
from autosched.tvm.autotvm.task.task import Task, create, template
from autosched.tvm.autotvm.task.topi_integration import (
    register_topi_compute,
    register_topi_schedule,
)

__all__ = [
    "ApplyConfig", "ApplyFixedConfig", "ApplyHistoryBest", "ConfigEntity", "ConfigSpace",
    "DispatchContext", "FallbackConfigEntity", "FallbackContext", "Task", "args_to_workload",
    "create", "get_config", "register_topi_compute", "register_topi_schedule", "template",
]  # fmt: skip


__getattr__ = refusing(__name__)
