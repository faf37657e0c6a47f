"""Matches a store to work of the accelerator: a copy, zeros, a product or ALU operations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from autosched.errors import LoweringError
from autosched.ir import expr as e
from autosched.ir.expr import Buffer, Const, Expr, Load
from autosched.ir.stmt import Store
from autosched.ir.update import NEUTRAL, is_neutral
from autosched.vta.config import Memory
from autosched.vta.environment import MEMORIES
from autosched.vta.isa.fields import IMM_RANGE
from autosched.vta.isa.instructions import AluOp
from autosched.vta.lowering.forms import flat


@dataclass(frozen=True, slots=True)
class CopyIn:
    """A copy from DRAM to the chip; the value is 0 where a condition of `zeros` does not hold."""

    source: Load
    zeros: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Zeros:
    """Zeros, written to a memory that the GEMM core reads."""


@dataclass(frozen=True, slots=True)
class CopyOut:
    """A copy from the accumulator to DRAM."""

    source: Load


@dataclass(frozen=True, slots=True)
class Product:
    """Inputs times weights, added to the sum where all `conditions` hold."""

    inputs: Load
    weights: Load
    conditions: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class AluStep:
    """One ALU operation on the sum, with a constant or another sum."""

    op: AluOp
    operand: int | Load


@dataclass(frozen=True, slots=True)
class Chain:
    """A sequence of ALU operations that starts with `root`, a sum or a constant.

    It runs where all `conditions` hold. If `narrowed`, the value is cut to 8 bits, which the STORE
    instruction does.
    """

    root: Load | int
    steps: tuple[AluStep, ...]
    conditions: tuple[Expr, ...] = ()
    narrowed: bool = False


Work = CopyIn | Zeros | CopyOut | Product | Chain


def memory_of(buffer: Buffer) -> Memory | None:
    """Return the memory that holds a buffer; None for DRAM."""
    if buffer.scope == "global":
        return None
    memory = MEMORIES.get(buffer.scope)
    if memory is None:
        raise LoweringError(
            f"expected {buffer.name} in a memory of the accelerator, got the scope "
            f"{buffer.scope!r}",
            hint="the scopes are " + ", ".join(MEMORIES),
        )
    return memory


def match(store: Store) -> Work:
    """Return the work of a store. Raises LoweringError if no instruction does it."""
    target = memory_of(store.buffer)
    if target is None:
        value = store.value
        if type(value) is e.Cast and value.dtype.kind == value.value.dtype.kind == "int":
            value = value.value  # a store takes the low bits
        if type(value) is Load and memory_of(value.buffer) is Memory.ACC:
            return CopyOut(value)
        raise LoweringError(
            f"expected {store.buffer.name} in DRAM to be copied from the sums, got {store.value}",
            hint="set_scope(env.acc_scope) for the stage that computes it, then copy it",
        )
    value, zeros = _unwrapped(store.value)
    if type(value) is Load and memory_of(value.buffer) is None:
        return CopyIn(value, zeros)
    if target is not Memory.ACC and _is(value, 0):
        return Zeros()
    if target is not Memory.ACC:
        raise LoweringError(
            f"expected {store.buffer.name} in {store.buffer.scope} to be copied from DRAM, got "
            f"{store.value}",
            hint="set_scope(env.acc_scope) for what is computed",
        )
    return _product(store) or _chain(store)


def _unwrapped(expr: Any) -> tuple[Expr, tuple[Expr, ...]]:
    """Remove widening casts and selects between a value and 0.

    Returns the expression inside, and the conditions of the selects.
    """
    conditions: list[Expr] = []
    while True:
        if type(expr) is e.Cast and _widens(expr):
            expr = expr.value
        elif type(expr) is e.Select and _is(expr.otherwise, 0):
            conditions.append(expr.condition)
            expr = expr.then
        else:
            return expr, tuple(conditions)


def _widens(cast: e.Cast) -> bool:
    """Whether a cast is between signed integers and keeps every value."""
    old, new = cast.value.dtype, cast.dtype
    return old.kind == new.kind == "int" and new.bits >= old.bits


def _is(expr: Expr, value: int) -> bool:
    return type(expr) is Const and expr.value == value


def _product(store: Store) -> Product | None:
    value = store.value
    if type(value) is not e.Add:
        return None
    for own, other in ((value.a, value.b), (value.b, value.a)):
        if not is_target(own, store):
            continue
        term, conditions = _unwrapped(other)
        if type(term) is not e.Mul or term.dtype.bits < 16:
            return None
        (a, more), (b, rest) = _unwrapped(term.a), _unwrapped(term.b)
        if type(a) is not Load or type(b) is not Load:
            return None
        places = (memory_of(a.buffer), memory_of(b.buffer))
        if places == (Memory.WGT, Memory.INP):
            a, b, places = b, a, (Memory.INP, Memory.WGT)
        if places != (Memory.INP, Memory.WGT):
            return None
        return Product(a, b, (*conditions, *more, *rest))
    return None


def is_target(expr: Expr, store: Store) -> bool:
    """Whether `expr` reads the element that is stored."""
    if type(expr) is not Load or expr.buffer is not store.buffer:
        return False
    return flat(expr) == flat(store)


def _chain(store: Store) -> Chain:
    value, narrowed = store.value, False
    if type(value) is e.Cast and value.dtype.bits < value.value.dtype.bits:
        value, narrowed = value.value, True
    steps: list[AluStep] = []
    conditions: list[Expr] = []
    while True:
        if type(value) is e.Cast and _widens(value):
            value = value.value
        elif type(value) is Load:
            _check_sum(value, store)
            return Chain(value, tuple(reversed(steps)), tuple(conditions), narrowed)
        elif type(value) is Const:
            return Chain(int(value.value), tuple(reversed(steps)), tuple(conditions), narrowed)
        else:
            value, step, bars = _step(value, store)
            if bars and (steps or not is_target(value, store)):
                raise _refused(store, value)
            steps.append(step)
            conditions += bars


_OPS: dict[type, AluOp] = {
    e.Add: AluOp.ADD,
    e.Min: AluOp.MIN,
    e.Max: AluOp.MAX,
    e.Mul: AluOp.MUL,
    e.ShiftRight: AluOp.SHR,
    e.ShiftLeft: AluOp.SHR,
    e.FloorDiv: AluOp.SHR,
}


def _step(node: Any, store: Store) -> tuple[Expr, AluStep, list[Expr]]:
    """Return the first operand of `node`, its operation as a step, and the step's conditions."""
    kind = type(node)
    if kind not in _OPS:
        raise _refused(store, node)
    if node.dtype.bits < 32 and kind not in (e.Min, e.Max, e.ShiftRight):
        raise LoweringError(
            f"expected arithmetic in 32 bits for the ALU, got {node} of {node.dtype}",
            hint="cast the operands with .astype('int32') first",
        )
    a, b = node.a, node.b
    swaps = kind in NEUTRAL and not is_target(a, store)
    if swaps and (_plain(b) is None or is_target(b, store)):
        a, b = b, a
    operand = _plain(b)
    if operand is not None:
        return a, _operation(kind, operand, node, store), []
    # A reduction: where the condition does not hold, the neutral value changes nothing.
    if type(b) is e.Select and is_target(a, store) and is_neutral(kind, b.otherwise):
        operand = _plain(b.then)
        if operand is not None:
            return a, _operation(kind, operand, node, store), [b.condition]
    raise _refused(store, node)


def _plain(expr: Expr) -> int | Load | None:
    """Return `expr` as a constant or a read, without widening casts; None for anything else."""
    while type(expr) is e.Cast and _widens(expr):
        expr = expr.value
    if type(expr) is Const and expr.dtype.is_integer:
        return int(expr.value)
    return expr if type(expr) is Load else None


def _operation(kind: type, operand: int | Load, node: Expr, store: Store) -> AluStep:
    if isinstance(operand, Load):
        _check_sum(operand, store)
        if kind in (e.ShiftLeft, e.FloorDiv):
            raise _refused(store, node)
        return AluStep(_OPS[kind], operand)
    if kind in (e.Mul, e.FloorDiv) and operand > 0 and operand & (operand - 1) == 0:
        shift = operand.bit_length() - 1
        return AluStep(AluOp.SHR, -shift if kind is e.Mul else shift)
    if kind is e.FloorDiv:
        raise _refused(store, node)
    if kind is e.ShiftLeft:
        operand = -operand
    if not IMM_RANGE[0] <= operand <= IMM_RANGE[1]:
        raise LoweringError(
            f"expected constants of 16 bits for the ALU, got {operand} in {store.buffer.name}",
            hint="load it as a tensor into env.acc_scope",
        )
    return AluStep(_OPS[kind], operand)


def _check_sum(load: Load, store: Store) -> None:
    if memory_of(load.buffer) is not Memory.ACC:
        raise LoweringError(
            f"expected {store.buffer.name} to be computed from what is in the accumulator, got "
            f"{load.buffer.name} in {load.buffer.scope}",
            hint="cache_read it to env.acc_scope, or tensorize a sum of products",
        )


def _refused(store: Store, node: Expr) -> LoweringError:
    return LoweringError(
        f"expected sums of products, or min, max, +, * and shifts of sums with a constant or a "
        f"sum, in {store.buffer.name}, got {node}",
        hint="compute each part in a stage of its own in env.acc_scope",
    )
