"""Operators as tensor expressions, and the workloads that use them.

Each operator is a function of tensors in the module of its name; `resolve` finds a workload.
"""

from __future__ import annotations

from autosched.ops.instance import WorkloadInstance, from_spec, from_tensors
from autosched.ops.registry import Workload, registered, workload
from autosched.ops.resolve import as_instance, find, resolve

__all__ = [
    "Workload",
    "WorkloadInstance",
    "as_instance",
    "find",
    "from_spec",
    "from_tensors",
    "registered",
    "resolve",
    "workload",
]
