"""From a schedule that was chosen for a task to what a user calls."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from autosched.backends.vta.packed.form import PackedWorkload
from autosched.errors import CodegenError, LoweringError, WorkloadError
from autosched.ir.expr import Var
from autosched.schedule.schedule import create_schedule
from autosched.search.applying import tell
from autosched.search.choice import Choice, choices
from autosched.search.task import Task
from autosched.target.target import Target
from autosched.target.vta import VtaTarget
from autosched.te.bounds import OutOfRange
from autosched.te.tensor import Tensor
from autosched.tuning_logs import Store

if TYPE_CHECKING:
    from autosched.backends.vta.kernel import Interface, VtaKernel
    from autosched.runtime.kernel import Kernel


def build_best(
    task: Task,
    store: Store | None,
    args: Sequence[Tensor | Var] | None = None,
    name: str = "main",
    bounds: OutOfRange = "check",
) -> tuple[Choice, Kernel | VtaKernel]:
    """The best choice for a task that code can be made for, and its kernel; see `build_chosen`.

    A stored trial for which this version has no code is passed over with a warning.
    """
    for choice in choices(task, store):
        try:
            return choice, build_chosen(task, choice, args, name, bounds)
        except _NO_CODE as error:
            if choice.trial is None or (args is not None and _builds(task, choice)):
                raise
            tell(task, choice.trial, error.message)
    raise AssertionError("the last choice is the default, which refers to no trial")


_NO_CODE = (LoweringError, CodegenError)


def _builds(task: Task, choice: Choice) -> bool:
    """Whether the choice can be built with the arguments in the workload's order."""
    try:
        build_chosen(task, choice)
    except _NO_CODE:
        return False
    return True


def build_chosen(
    task: Task,
    choice: Choice,
    args: Sequence[Tensor | Var] | None = None,
    name: str = "main",
    bounds: OutOfRange = "check",
) -> Kernel | VtaKernel:
    """The kernel of a task's workload with a schedule that was chosen for it.

    `args` are its arguments, where they are not to come in the workload's order. `bounds`
    are those of `compile.build_schedule`.
    """
    kernel: Kernel | VtaKernel
    if isinstance(task.target, VtaTarget):
        from autosched.backends.vta.kernel import (
            vta_kernel,  # late: a CPU's kernel needs none of it
        )

        assert task.packed is not None, "Task.on_accelerator gives it"
        interface = interface_of(task.packed, args)
        kernel = vta_kernel(
            choice.schedule, task.packed.tensors, task.target, name=name, interface=interface
        )
    else:
        kernel = _cpu_kernel(task, choice, args, name, bounds)
    kernel.schedule = choice.origin
    return kernel


def _cpu_kernel(
    task: Task,
    choice: Choice,
    args: Sequence[Tensor | Var] | None,
    name: str,
    bounds: OutOfRange,
) -> Kernel:
    """The kernel of the choice; where a default is refused, of the expression as written."""
    from autosched.compile import build_schedule  # late: tuning needs no compiler here

    target = task.target
    assert isinstance(target, Target), "an accelerator has kernels of its own"
    given: Sequence[Tensor | Var] = [*task.workload.tensors, *task.workload.sizes]
    given = given if args is None else args
    build = partial(build_schedule, threads=task.threads, name=name, bounds=bounds)
    try:
        return build(choice.schedule, given, target)
    except (LoweringError, CodegenError):
        if choice.origin != "default":
            raise
        return build(create_schedule(task.workload.outputs), given, target)


def interface_of(form: PackedWorkload, args: Sequence[Tensor | Var] | None = None) -> Interface:
    """What a user passes to the program of a packed form: arrays in the order of `args`.

    Raises WorkloadError unless `args` are the tensors of the workload, in any order.
    """
    from autosched.backends.vta.kernel import Interface

    known = form.instance.tensors
    order = known if args is None else [arg for arg in args if isinstance(arg, Tensor)]
    if set(order) != set(known) or len(order) != len(args or known):
        raise WorkloadError(
            f"expected the tensors of {form.instance} as arguments "
            f"({', '.join(tensor.name for tensor in known)}), got "
            f"{', '.join(str(getattr(arg, 'name', arg)) for arg in args or ())}"
        )
    inputs, outputs = form.instance.inputs, form.instance.outputs
    given = [tensor for tensor in order if tensor in inputs]
    wanted = [tensor for tensor in order if tensor in outputs]

    def pack(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        return form.pack([arrays[given.index(tensor)] for tensor in inputs])

    def unpack(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
        results = form.unpack(arrays)
        return [results[outputs.index(tensor)] for tensor in wanted]

    return Interface(order, pack, unpack)
