"""Lowered schedules, which can be printed or built."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from autosched import api
from autosched.errors import ScheduleError, not_offered
from autosched.ir.expr import Var
from autosched.ir.stmt import Function
from autosched.passes.pipeline import PIPELINE
from autosched.schedule.schedule import Schedule, create_schedule
from autosched.te.dag import outputs
from autosched.te.tensor import Tensor
from autosched.tvm.script.tir import Script
from autosched.tvm.target import chosen
from autosched.tvm.te.applied import apply_intrinsics
from autosched.tvm.tir.intrinsics import apply_rules

Args = Sequence[Tensor | Var]


class IRModule:
    """A lowered function. Its text is the loop nest."""

    def __init__(self, schedule: Schedule, args: Args, function: Function):
        self.schedule = schedule
        self.args = tuple(args)
        self.function = function

    @staticmethod
    def from_expr(func: IRModule) -> IRModule:
        """Return the module of a function that `te.create_prim_func` made."""
        return func

    def with_attr(self, attr_key: str, value: Any) -> IRModule:
        """Return the function with another name as `global_symbol`; others have no effect."""
        if attr_key != "global_symbol":
            return self
        function = replace(self.function, name=str(value))
        return IRModule(self.schedule, self.args, function)

    @property
    def functions(self) -> dict[str, Function]:
        return {self.function.name: self.function}

    def __getitem__(self, name: str) -> Function:
        return self.functions[name]

    def script(self) -> str:
        return str(self.function)

    def astext(self, show_meta_data: bool = True) -> str:
        return str(self.function)

    def show(self, **ignored: Any) -> None:
        """Print the loop nest."""
        print(self.function)

    def __str__(self) -> str:
        return str(self.function)

    def __repr__(self) -> str:
        return f"<IRModule {self.function.name}>"


def lower(
    inp: Schedule,
    args: Args | None = None,
    name: str = "main",
    binds: Mapping[Any, Any] | None = None,
    simple_mode: bool = False,
) -> IRModule:
    """Lower a schedule to a loop nest; with `simple_mode` without vectorizing and unrolling."""
    checked = checked_args(inp, args, binds)
    apply_rules(inp, chosen().kind.name)
    apply_intrinsics(inp)
    after = "simplify" if simple_mode else PIPELINE[-1].name
    function = api.lower(inp, order(completed(inp, checked)), after=after, name=name)
    return IRModule(inp, checked, function)


def schedule_to_module(
    sch: Schedule,
    args: Args | None = None,
    name: str = "main",
    binds: Mapping[Any, Any] | None = None,
) -> IRModule:
    """Lower a schedule to a loop nest, before any pass."""
    checked = checked_args(sch, args, binds)
    apply_intrinsics(sch)
    function = api.lower(sch, order(completed(sch, checked)), after=None, name=name)
    return IRModule(sch, checked, function)


def create_prim_func(ops: Sequence[Tensor]) -> IRModule:
    """Return the loop nest of the default schedule of tensors, inputs first, which can be built."""
    return schedule_to_module(create_schedule([tensor.op for tensor in outputs(ops)]), ops)


def checked_args(schedule: Any, args: Any, binds: Any) -> Args:
    """Return `args`.

    Raises ScheduleError for a wrong schedule or argument, NotOfferedError for TVMScript.
    """
    if isinstance(schedule, Script):
        raise schedule.refusal()
    if not isinstance(schedule, Schedule):
        raise ScheduleError(
            f"expected a schedule, got {type(schedule).__name__}",
            hint="te.create_schedule makes one of the outputs",
        )
    if binds:
        raise not_offered("binds", "kernels make and lay out their buffers themselves")
    if not isinstance(args, (list, tuple)):
        raise ScheduleError(
            "expected the tensors that the kernel takes, got none",
            hint="give every placeholder and output, as in [A, B, C]",
        )
    for arg in args:
        if not isinstance(arg, (Tensor, Var)):
            raise ScheduleError(f"expected tensors and sizes as arguments, got {arg!r}")
    return args


def completed(schedule: Schedule, args: Args) -> Args:
    """Return the arguments, and after them the outputs that are not among them."""
    given = {arg.op for arg in args if isinstance(arg, Tensor)}
    return [*args, *(op.outputs[0] for op in schedule.outputs if op not in given)]


def order(args: Args) -> list[Any]:
    """Return the tensors, then the sizes: the order of the arguments of `autosched.build`."""
    return sorted(args, key=lambda arg: not isinstance(arg, Tensor))
