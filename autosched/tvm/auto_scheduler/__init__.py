"""The auto-scheduler (Ansor): tasks without templates, tuned by our search and found by logs.

Trials are verified in isolated workers, and kept in the database of the user as well as in the
logs that a script asks for. Logs that TVM wrote are read where our primitives can say their
schedules; `load_log` tells what could not be said.
"""

from __future__ import annotations

from autosched.tvm.absent import AbsentModule, refusing
from autosched.tvm.auto_scheduler import (
    compute_dag,
    loop_state,
    measure,
    search_task,
    task_scheduler,
    workload_registry,
)
from autosched.tvm.auto_scheduler import log as measure_record
from autosched.tvm.auto_scheduler import policy as cost_model
from autosched.tvm.auto_scheduler import policy as search_policy
from autosched.tvm.auto_scheduler.compute_dag import ComputeDAG
from autosched.tvm.auto_scheduler.log import (
    LogReading,
    RecordReader,
    RecordToFile,
    distill_record_file,
    dump_record_to_string,
    load_best_record,
    load_log,
    load_record_from_string,
    load_records,
    save_records,
)
from autosched.tvm.auto_scheduler.measure import (
    LocalBuilder,
    LocalRPCMeasureContext,
    LocalRunner,
    MeasureErrorNo,
    MeasureInput,
    MeasureResult,
    PythonBasedMeasureCallback,
    RPCRunner,
)
from autosched.tvm.auto_scheduler.policy import (
    EmptyPolicy,
    PreloadCustomSketchRule,
    PreloadMeasuredStates,
    RandomModel,
    SketchPolicy,
    XGBModel,
)
from autosched.tvm.auto_scheduler.search_task import (
    HardwareParams,
    SearchTask,
    TuningOptions,
    auto_schedule,
    create_task,
)
from autosched.tvm.auto_scheduler.task_scheduler import TaskScheduler
from autosched.tvm.auto_scheduler.workload_registry import (
    make_workload_key,
    register_workload,
)

__all__ = [
    "ComputeDAG", "EmptyPolicy", "HardwareParams", "LocalBuilder", "LocalRPCMeasureContext",
    "LocalRunner", "LogReading", "MeasureErrorNo", "MeasureInput", "MeasureResult",
    "PreloadCustomSketchRule", "PreloadMeasuredStates", "PythonBasedMeasureCallback", "RPCRunner",
    "RandomModel", "RecordReader", "RecordToFile", "SearchTask", "SketchPolicy", "TaskScheduler",
    "TuningOptions", "XGBModel", "auto_schedule", "compute_dag", "cost_model", "create_task",
    "distill_record_file", "dump_record_to_string", "load_best", "load_best_record", "load_log",
    "load_record_from_string", "load_records", "loop_state", "make_workload_key", "measure",
    "measure_record", "register_workload", "save_records", "search_policy", "search_task",
    "task_scheduler", "workload_registry",
]  # fmt: skip

load_best = load_best_record

_ffi_api = AbsentModule(f"{__name__}._ffi_api")

__getattr__ = refusing(__name__)
