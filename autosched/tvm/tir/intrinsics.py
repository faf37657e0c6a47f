"""Calls in expressions of what is outside: functions of C, intrinsics of LLVM, own operators."""

from __future__ import annotations

import enum
import math
from collections.abc import Callable
from dataclasses import replace
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
EVERY = "default"
"""The target of rules for all targets."""
FAST = "__"
"""What the names of CUDA's less exact functions begin with, as `__expf`."""


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


_rules: dict[tuple[str, str], tuple[int, Rule]] = {}
"""The rule of the highest level for an operator and a target, with the level."""
_declared: set[str] = set()
"""The operators that a script has named; one without a rule for the target cannot be built."""


def register_op_attr(op_name: str, attr_key: str, value: Any = None, level: int = 10) -> Any:
    """Declare an operator. The attribute has no effect: every call in an expression is pure."""
    _declared.add(op_name)
    return value if value is not None else lambda function: function


def register_intrin_lowering(
    op_name: str, target: str, *, f: Rule | None = None, level: int = 10
) -> Any:
    """Let `f` say what an operator is for a target or "default"; the highest level counts.

    A rule of a function such as `tir.exp` changes the schedules that are built after. Rules for
    a GPU are used where one is emulated.
    """

    def register(rule: Rule) -> Rule:
        _declared.add(op_name)
        if _level(op_name, target) <= level:
            _rules[op_name, target] = level, rule
        return rule

    return register if f is None else register(f)


def _level(op_name: str, target: str) -> float:
    return _rules[op_name, target][0] if (op_name, target) in _rules else -math.inf


def _rule(op_name: str, target: str) -> Rule | None:
    """Return the rule of an operator for a target; between equal levels its own one."""
    best = max((target, EVERY), key=lambda each: _level(op_name, each))
    return _rules[op_name, best][1] if (op_name, best) in _rules else None


def apply_rules(schedule: Schedule, target: str) -> None:
    """Put what the rules for a target say in the place of the functions that a schedule computes.

    A less exact function of CUDA, such as `__expf`, is the C function of that name, `expf`.
    """
    if not (_rules or _declared or target == "cuda"):
        return

    def by_rule(node: e.Expr) -> e.Expr:
        if isinstance(node, e.OutsideCall) and node.function.startswith(FAST) and target == "cuda":
            return replace(node, function=node.function.removeprefix(FAST))
        return _by_rule(node, target) if isinstance(node, e.Call) else node

    changed: dict[StageState, Callable[[ComputeOp], ComputeOp]] = {
        stage: lambda op: with_bodies(op, map_bodies(op, by_rule))
        for stage in schedule.stages
        if isinstance(stage.op, ComputeOp)
        and any(by_rule(node) is not node for node in postorder(stage.op.bodies))
    }
    if changed:
        schedule.rewrite(changed)


def _by_rule(node: e.Call, target: str) -> e.Expr:
    name = f"tir.{node.name}"
    rule = _rule(name, target)
    if rule is None and name in _declared and node.name not in te.__all__:
        raise _without_rule(name)
    if rule is None:
        return node
    seen = OperatorCall(name, node.args, node.dtype)
    made = build.as_expr(rule(seen))
    return node if made is seen else made


def call_intrin(dtype: DType | str, func_name: str, *args: Any, span: object = None) -> e.Expr:
    """Return the value of an operator: one with a rule, `tir.reinterpret`, or one of `te`."""
    kind, values = as_dtype(dtype), tuple(map(build.as_expr, args))
    name = func_name.removeprefix("tir.")
    rule = _rule(func_name, "llvm")
    if rule is not None:
        return build.as_expr(rule(OperatorCall(func_name, values, kind)))
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
