"""A workload by its key, for a target."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from autosched.backends.parse import as_backend
from autosched.ops.instance import WorkloadInstance, from_tensors
from autosched.search.task import Task
from autosched.te import serialize
from autosched.te.tensor import Tensor
from autosched.tvm.auto_scheduler.compute_dag import ComputeDAG
from autosched.tvm.auto_scheduler.workload_registry import workload_key_to_tensors
from autosched.tvm.nd import data_of
from autosched.tvm.target import chosen


class KeyedTask:
    """A workload and a target; `inputs` are arrays to measure on, found by shape and dtype.

    Raises WorkloadError if the key is of no registered workload.
    """

    def __init__(
        self,
        workload_key: str,
        target: Any = None,
        compute_dag: ComputeDAG | None = None,
        inputs: Mapping[str, Any] | None = None,
    ):
        self.workload_key = workload_key
        self.compute_dag = compute_dag or ComputeDAG(workload_key_to_tensors(workload_key))
        self.target = chosen(target)
        self.task_inputs = dict(inputs or {})

    @cached_property
    def search_task(self) -> Task:
        """The task that `autosched` tunes."""
        tensors = self.compute_dag.tensors
        instance = from_tensors(tensors, "workload")
        if self.task_inputs:
            named = serialize.from_meaning(instance.canonical_text)
            instance = replace(
                from_tensors(named, "workload"), given_inputs=self._given(from_tensors(named))
            )
        return Task.of(instance, as_backend(self.target.tuned_machine))

    def _given(self, instance: WorkloadInstance) -> dict[str, Any]:
        """Return the arrays of the inputs that alone have their shape and dtype, by name."""
        found = {}
        for array in map(data_of, self.task_inputs.values()):
            fitting = [t.name for t in instance.inputs if _fits(np.asarray(array), t)]
            if len(fitting) == 1:
                found[fitting[0]] = np.asarray(array)
        return found


def _fits(array: np.ndarray, tensor: Tensor) -> bool:
    shape = tuple(getattr(extent, "value", None) for extent in tensor.shape)
    return array.shape == shape and str(array.dtype) == str(tensor.dtype)
