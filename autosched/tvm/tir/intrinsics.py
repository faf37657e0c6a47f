"""Calls in expressions of what is outside: functions of C, intrinsics of LLVM, own operators."""

from __future__ import annotations

import enum
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from autosched import te
from autosched.codegen.machine.imports import llvm_intrinsic
from autosched.errors import ExpressionError, NotOfferedError, not_offered
from autosched.ir import build
from autosched.ir import expr as e
from autosched.ir.dtype import DType
from autosched.ir.dtype import dtype as as_dtype
from autosched.ir.traverse import postorder
from autosched.schedule.rewrite import map_bodies, with_bodies
from autosched.schedule.schedule import Schedule
from autosched.schedule.state import StageState
from autosched.te.tensor import ComputeOp

Rule = Callable[[e.Call], Any]
CPU = ("llvm", "default")
"""The targets whose rules are used: all code is for a CPU."""


class CallEffectKind(enum.IntEnum):
    """The effects that a call may have."""

    ExprAnnotation = 0
    Pure = 1
    ReadState = 2
    UpdateState = 3
    SpecialCallArg = 4
    EmbedInfo = 5
    ControlJump = 6


class OperatorCall(e.Call):
    """The call of an operator, as rules of lowering see it: `op.name`, `args` and `dtype`."""

    __slots__ = ()

    @property
    def op(self) -> SimpleNamespace:
        return SimpleNamespace(name=self.name)


_rules: dict[str, tuple[int, Rule]] = {}
_declared: set[str] = set()
"""The operators that a script has named; one without a rule for a CPU is refused in a build."""


def register_op_attr(op_name: str, attr_key: str, value: Any = None, level: int = 10) -> Any:
    """Declare an operator. The attribute has no effect: every call in an expression is pure."""
    _declared.add(op_name)
    return value if value is not None else lambda function: function


def register_intrin_lowering(
    op_name: str, target: str, *, f: Rule | None = None, level: int = 10
) -> Any:
    """Let `f` say what an operator is; the rule of the highest level counts.

    A rule of a function such as `tir.exp` changes the schedules that are built after. Rules of
    other targets than CPUs are taken and have no effect.
    """

    def register(rule: Rule) -> Rule:
        _declared.add(op_name)
        if target in CPU and (op_name not in _rules or _rules[op_name][0] <= level):
            _rules[op_name] = level, rule
        return rule

    return register if f is None else register(f)


def apply_rules(schedule: Schedule) -> None:
    """Put what the rules say in the place of the functions that a schedule computes."""
    changed: dict[StageState, Callable[[ComputeOp], ComputeOp]] = {
        stage: lambda op: with_bodies(op, map_bodies(op, _by_rule))
        for stage in schedule.stages
        if isinstance(stage.op, ComputeOp) and any(_by_rule(n) is not n for n in _nodes(stage.op))
    }
    if changed:
        schedule.rewrite(changed)


def _nodes(op: ComputeOp) -> list[e.Expr]:
    return postorder(op.bodies) if _rules or _declared else []


def _by_rule(node: e.Expr) -> e.Expr:
    if not isinstance(node, e.Call):
        return node
    rule = _rules.get(f"tir.{node.name}")
    if rule is None and f"tir.{node.name}" in _declared and node.name not in te.__all__:
        raise _without_rule(f"tir.{node.name}")
    if rule is None:
        return node
    seen = OperatorCall(f"tir.{node.name}", node.args, node.dtype)
    made = build.as_expr(rule[1](seen))
    return node if made is seen else made


def call_intrin(dtype: DType | str, func_name: str, *args: Any, span: object = None) -> e.Expr:
    """Return the value of an operator: one with a rule, `tir.reinterpret`, or one of `te`."""
    kind, values = as_dtype(dtype), tuple(map(build.as_expr, args))
    name = func_name.removeprefix("tir.")
    if func_name in _rules:
        return build.as_expr(_rules[func_name][1](OperatorCall(func_name, values, kind)))
    if name == "reinterpret":
        return _reinterpret(kind, *values)
    function = getattr(te, name) if name in te.__all__ else None
    if function is None and func_name in _declared:
        return e.Call(name, values, kind)
    if function is None:
        raise _without_rule(func_name)
    return build.cast(function(*values), kind)


def _without_rule(func_name: str) -> NotOfferedError:
    return not_offered(
        f"the operator {func_name}",
        'register_intrin_lowering(name, target="llvm", f=rule) says what it is',
    )


def _reinterpret(kind: DType, value: e.Expr) -> e.Expr:
    if kind.bits * kind.lanes != value.dtype.bits * value.dtype.lanes:
        raise ExpressionError(f"expected a dtype of as many bits as {value.dtype}, got {kind}")
    return value if kind is value.dtype else e.Reinterpret(value, kind)


def call_pure_extern(dtype: DType | str, func_name: str, *args: Any, span: object = None) -> e.Expr:
    """Return the value of a C function of scalars, which depends on its arguments alone."""
    values = tuple(map(build.as_expr, args))
    return e.OutsideCall(func_name, values, as_dtype(dtype))


def call_llvm_pure_intrin(dtype: DType | str, name: str, *args: Any, span: object = None) -> e.Expr:
    """Return the value of an intrinsic of LLVM; the number of types in its name is found anew.

    Raises ExpressionError if LLVM has none with this name and these types.
    """
    values = [build.as_expr(arg) for arg in args]
    if values and type(values[0]) is e.Const and values[0].dtype == "uint32":
        values = values[1:]
    kind = as_dtype(dtype)
    symbol = llvm_intrinsic(name, kind, values)
    return e.OutsideCall(symbol, tuple(values), kind, "llvm")


call_llvm_intrin = call_llvm_pure_intrin


def const(value: Any, dtype: DType | str = "int32", span: object = None) -> e.Expr:
    """Return a constant, the same in all lanes of a vector."""
    kind = as_dtype(dtype)
    return build.broadcast(build.const(value, kind.scalar), kind.lanes)
