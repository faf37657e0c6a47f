"""Recurrences: each row of a tensor is computed from the rows before it.

    state = te.placeholder((m, n))
    init = te.compute((1, n), lambda _, i: X[0, i])
    update = te.compute((m, n), lambda t, i: state[t - 1, i] + X[t, i])
    total = te.scan(init, update, state)

gives the sums of the first rows of `X`. A schedule has the loop over the rows, in which it
computes the updates; these are scheduled as other tensors are, but for their first axis.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from autosched.analysis.bounds import Bounds
from autosched.analysis.simplify import prove
from autosched.errors import ExpressionError
from autosched.ir.build import const, le, lt, sub
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Const, Expr
from autosched.ir.structure import equal
from autosched.ir.traverse import free_vars
from autosched.te.axis import Axis, AxisKind
from autosched.te.check import check_whole, first_row
from autosched.te.construct import compute
from autosched.te.dag import scan_body, topological_order
from autosched.te.tensor import ComputeOp, PlaceholderOp, ScanOp, Tensor

Tensors = Tensor | Sequence[Tensor]


def scan(
    init: Tensors,
    update: Tensors,
    state_placeholder: Tensors,
    inputs: Tensors | None = None,
    name: str = "scan",
    tag: str = "",
    attrs: Mapping[str, object] | None = None,
) -> Any:
    """Return the tensor with the rows of `init`, and after them a row of `update` for each step.

    `update` has the shape of `state_placeholder`, which stands for the rows of the result that
    are computed already; its own first rows are not used. `init` has the first rows, one or more.
    Lists of them make several tensors, whose updates may read the states of each other; these are
    returned as a list. `inputs` is for reading only. Raises ExpressionError if an update reads a
    row of a state that is not computed before its own.
    """
    inits, updates, states = _listed(init), _listed(update), _listed(state_placeholder)
    _check_states(name, inits, updates, states)
    taken: set[Tensor] = set()
    inits = [_own(each, taken) for each in inits]
    updates = [_own(each, taken) for each in updates]
    rows, start = states[0].shape[0], inits[0].shape[0]
    axis = Axis(f"{name}.t", INDEX, start, sub(rows, start), AxisKind.ORDERED)
    spatial = tuple(_spatial(name, state) for state in states)
    op = ScanOp(
        name, axis, tuple(inits), tuple(updates), tuple(states), spatial, tag, dict(attrs or {})
    )
    op.outputs = tuple(
        Tensor(op, number, state.shape, state.dtype) for number, state in enumerate(states)
    )
    check_scan(op)
    return list(op.outputs) if len(op.outputs) > 1 else op.outputs[0]


def _listed(given: Any) -> list[Tensor]:
    return list(given) if isinstance(given, (list, tuple)) else [given]


def _own(tensor: Tensor, taken: set[Tensor]) -> Tensor:
    """Return a computed tensor that the scan has for itself: the given one, or a copy."""
    if not isinstance(tensor.op, ComputeOp) or tensor in taken:
        tensor = compute(tensor.shape, lambda *i: tensor(*i), f"{tensor.op.name}.copy")
    taken.add(tensor)
    return tensor


def _spatial(name: str, state: Tensor) -> tuple[Axis, ...]:
    return tuple(
        Axis(f"{name}.i{number}", INDEX, const(0), extent, AxisKind.DATA)
        for number, extent in enumerate(state.shape[1:])
    )


def _check_states(
    name: str, inits: list[Tensor], updates: list[Tensor], states: list[Tensor]
) -> None:
    """Check what is given before it is put together."""
    if not len(inits) == len(updates) == len(states):
        raise ExpressionError(
            f"expected a first part, an update and a state for each output of {name}, got "
            f"{len(inits)}, {len(updates)} and {len(states)}"
        )
    for first, new, state in zip(inits, updates, states, strict=True):
        if not all(isinstance(each, Tensor) for each in (first, new, state)):
            raise ExpressionError(f"expected tensors for {name}, got {first!r}, {new!r}, {state!r}")
        if not isinstance(state.op, PlaceholderOp) or states.count(state) > 1 or not state.ndim:
            raise ExpressionError(
                f"expected a placeholder of its own as a state of {name}, got {state!r}"
            )
        if not (first.dtype is new.dtype is state.dtype):
            raise ExpressionError(
                f"expected one dtype for {state.name} of {name}, got {first.dtype} at first and "
                f"{new.dtype} in the update of a state of {state.dtype}"
            )
        same = _are_equal(new.shape, state.shape) and _are_equal(first.shape[1:], state.shape[1:])
        if not (same and first.ndim and _are_equal(state.shape[:1], states[0].shape[:1])):
            raise ExpressionError(
                f"expected the update of {name} to have the shape of its state, and its first "
                f"part as much but for the rows, got {first!r}, {new!r} and {state!r}"
            )
    _check_rows(name, inits, states)


def _check_rows(name: str, inits: list[Tensor], states: list[Tensor]) -> None:
    rows, start = states[0].shape[0], inits[0].shape[0]
    sizes = Bounds(dict.fromkeys(free_vars(rows), (1, None)))
    known = type(start) is Const and all(equal(each.shape[0], start) for each in inits)
    if not known or prove(le(start, rows), sizes) is not True:
        raise ExpressionError(
            f"expected the same number of first rows for each output of {name}, at most all of "
            f"its {rows}, got {', '.join(str(each.shape[0]) for each in inits)}"
        )


def _are_equal(left: Sequence[Expr], right: Sequence[Expr]) -> bool:
    return len(left) == len(right) and all(map(equal, left, right))


def check_scan(op: ScanOp) -> None:
    """Raise ExpressionError unless each row is computed from rows of the states before it."""
    states = set(op.state_placeholder)
    if not states.isdisjoint(each.outputs[0] for each in topological_order(op.init)):
        raise ExpressionError(f"expected first rows of {op.name} without its states, got them read")
    check_whole(op.init)
    body = scan_body(op)
    steps = {tensor for each in body for tensor in each.outputs}
    for each in body:
        if not isinstance(each, ComputeOp) or not each.axes:
            raise ExpressionError(
                f"expected computed tensors with rows in the steps of {op.name}, got {each.name}"
            )
        if first_row(each.outputs[0]) > op.scan_axis.start.value:  # type: ignore[attr-defined]
            raise ExpressionError(
                f"expected at least {first_row(each.outputs[0])} first rows for {op.name}, as "
                f"{each.name} reads that far back, got {op.scan_axis.start}"
            )
        for read in each.reads:
            if read.tensor in states and not _is_before(read.indices[0], each):
                raise ExpressionError(
                    f"expected {each.name} to read rows of {op.name} before {each.axes[0].name}, "
                    f"got row {read.indices[0]}"
                )
            if read.tensor in steps and read.indices[0] is not each.axes[0]:
                raise ExpressionError(
                    f"expected {each.name} to read {read.tensor.name} in the row that it computes, "
                    f"got row {read.indices[0]}",
                    hint="rows before it are those of the state",
                )


def _is_before(index: Expr, op: ComputeOp) -> bool:
    bounds = Bounds()
    for axis in (*op.axes, *op.reduce_axis):
        for size in free_vars(axis.extent):
            bounds.add_range(size, 1, None)
        bounds.add_loop(axis, axis.start, axis.extent)
    return prove(lt(index, op.axes[0]), bounds) is True
