"""Programs of schedules: lowered, built, saved, and called on the simulator."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from autosched import api
from autosched.backends.vta.kernel import VtaKernel
from autosched.errors import ArgumentError
from autosched.schedule.schedule import Schedule
from autosched.te.tensor import Tensor
from autosched.tvm.lowered import Args, IRModule, checked_args, order
from autosched.tvm.nd import data_of
from autosched.tvm.vta import files
from autosched.tvm.vta.testing import simulator
from autosched.vta.simulator import Counters

_TARGET = "vta"


class Module:
    """A program. `module(a, b, c)` simulates it, and writes the outputs in place."""

    type_key = _TARGET

    def __init__(self, schedule: Schedule, args: Args, name: str):
        kernel = api.build(schedule, order(args), target=_TARGET, name=name)
        assert isinstance(kernel, VtaKernel), "the target is an accelerator"
        self.kernel = kernel
        self.entry_name = name
        self._schedule = schedule
        self._args = tuple(args)

    def __call__(self, *args: Any) -> None:
        if len(args) != len(self._args):
            raise ArgumentError(f"expected {len(self._args)} arrays, got {len(args)}")
        self.kernel(*map(data_of, args))
        simulator.count(self._counters)

    @cached_property
    def _counters(self) -> Counters:
        """What one run counts, which does not depend on data."""
        inputs = [param for param in self.kernel.signature.params if not param.is_output]
        zeros = [np.zeros([int(n) for n in param.shape], param.dtype) for param in inputs]
        return self.kernel.simulate(zeros)[1]

    def __getitem__(self, name: str) -> Module:
        return self

    def get_source(self, fmt: str = "") -> str:
        """Return the instructions as text."""
        return self.kernel.listing

    def save(self, path: files.FileName, fmt: str = "") -> None:
        """Write the program to a file, which `load_module` of a session reads."""
        tensors = [arg for arg in self._args if isinstance(arg, Tensor)]
        files.write(path, self._schedule, tensors, self.entry_name)

    export_library = save


def build(
    sch: Schedule,
    args: Args | None = None,
    target: Any = None,
    target_host: Any = None,
    name: str = "main",
    **options: Any,
) -> Module:
    """Build the program of a schedule of packed tensors, whatever the target is."""
    return Module(sch, checked_args(sch, args, None), name)


def load_module(path: files.FileName) -> Module:
    """Return the program of a file that `save` wrote. Raises WorkloadError."""
    return Module(*files.read(path))


def lower(
    sch: Schedule,
    args: Args | None = None,
    name: str = "main",
    simple_mode: bool = False,
    **options: Any,
) -> IRModule:
    """Lower a schedule to the loops of the accelerator, without passes."""
    checked = checked_args(sch, args, None)
    return IRModule(sch, checked, api.lower(sch, order(checked), target=_TARGET, name=name))
