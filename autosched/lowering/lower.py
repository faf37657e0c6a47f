"""Lowering: a schedule becomes the loop nest it describes.

Stages are planned from the outputs to the inputs (`regions`), given storage (`storage`),
built into nests from the inputs to the outputs (`nest`), and placed: at the root one
after the other, or at the top of the loop they are attached to.
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from autosched.errors import LoweringError
from autosched.ir.dtype import INDEX
from autosched.ir.expr import Buffer, Expr, Load, Var
from autosched.ir.rewrite import replace_buffers, replace_nodes, substitute
from autosched.ir.stmt import Allocate, Function, If, Stmt, block
from autosched.ir.traverse import free_vars
from autosched.lowering.body import Bodies
from autosched.lowering.checks import Check, Checks, nest, within_bounds
from autosched.lowering.external import External
from autosched.lowering.nest import Attached, NestBuilder
from autosched.lowering.plan import Placement, Plan, Ranges
from autosched.lowering.regions import plan_stages
from autosched.lowering.storage import as_given, parameter, place, shared_buffers
from autosched.schedule.inline import inline_all
from autosched.schedule.placement import check_schedule
from autosched.schedule.schedule import Schedule
from autosched.schedule.state import At, Inlined, StageState
from autosched.te.axis import Axis
from autosched.te.bounds import OutOfRange
from autosched.te.dag import size_vars
from autosched.te.extern import ExternOp
from autosched.te.tensor import Operation, PlaceholderOp, ScanOp, Tensor


@dataclass(slots=True, eq=False)
class RootNest:
    """The nest of a stage at the root, and the buffers that it fills and the caller does not give.

    `checks` run before it, each with the condition under which everything after it may run.
    """

    stage: StageState
    stmt: Stmt
    buffers: list[Buffer]
    checks: list[tuple[Stmt, Expr]]


@dataclass(slots=True, eq=False)
class Nests:
    """A lowered schedule before its nests are put together."""

    params: tuple[Buffer, ...]
    outputs: tuple[Buffer, ...]
    sizes: tuple[Var, ...]
    roots: list[RootNest]
    checks: Checks

    @property
    def faults(self) -> tuple[Buffer, ...]:
        """The last parameter of the code if there are checks."""
        return (self.checks.faults,) if self.checks.all else ()


def lower(
    schedule: Schedule,
    args: Sequence[Tensor | Var],
    name: str = "main",
    bounds: OutOfRange = "trust",
) -> Function:
    """Return the loop nest of `schedule` as a function of `args`, before any pass.

    `args` are the placeholders and outputs in the order in which a caller passes them, symbolic
    sizes, if they need an order, and scalars of float dtypes. Parameters of these, without
    dimensions, follow those of the tensors. One output of each operation is enough. `bounds`
    selects what happens at an index from data that is outside; checks need one more parameter,
    see `checks`. Raises LoweringError if an input is missing.
    """
    check_name(name)
    nests = lower_nests(schedule, args, bounds)
    body = together(nests.roots, nests.checks)
    params, outputs = (*nests.params, *nests.faults), (*nests.outputs, *nests.faults)
    return Function(name, params, outputs, nests.sizes, body)


def check_name(name: str) -> None:
    """Raise LoweringError unless `name` is possible for a kernel."""
    if not (isinstance(name, str) and name.isidentifier() and name.isascii()):
        raise LoweringError(
            f"expected a name of letters, digits and underscores for the kernel, got {name!r}"
        )


def together(roots: list[RootNest], checks: Checks) -> Stmt:
    """Return the nests in order, with each buffer allocated around its producer and readers."""
    stmt: Stmt = block()
    for root in reversed(roots):
        stmt = block(root.stmt, stmt)
        for check, passed in reversed(root.checks):
            stmt = block(check, If(passed, stmt))
        for buffer in reversed(root.buffers):
            stmt = Allocate(buffer, stmt)
    return block(*checks.cleared(), stmt)


def lower_nests(
    schedule: Schedule, args: Sequence[Tensor | Var], bounds: OutOfRange = "trust"
) -> Nests:
    """Return the nest of every stage at the root, in the order they run; see `lower`."""
    check_schedule(schedule)
    tensors = [arg for arg in _checked(args) if isinstance(arg, Tensor)]
    ranges = Ranges()
    parameters = _parameters(schedule, tensors)
    for buffer in parameters.values():
        for extent in buffer.shape:
            for size in free_vars(extent):
                ranges.bounds.add_range(size, 1, None)
    computed = _computed(inline_all(schedule, parameters), parameters)
    ops, checks = within_bounds(schedule, computed, bounds)
    shared = shared_buffers(schedule, parameters)
    given = {**parameters, **shared}
    plans = plan_stages(schedule, ops, given, ranges)
    _check_complete(schedule, plans, parameters, shared)
    placements = {tensor: as_given(buffer) for tensor, buffer in given.items()}
    for plan in plans.values():
        if isinstance(plan.stage.op, ScanOp):
            continue
        place(plan, given, ranges)
        placements.update(zip(plan.stage.op.outputs, plan.placements, strict=True))
    external = External(ops, parameters, placements)
    placements.update(external.placements)
    roots = _build(schedule, plans, placements, given, ranges, checks, external)
    own = [buffer for buffer in dict.fromkeys(shared.values()) if buffer not in parameters.values()]
    if own:
        roots.insert(0, RootNest(schedule.stages[0], block(), own, []))
    written = {tensor for plan in plans.values() for tensor in plan.stage.op.outputs}
    written.update(external.placements)
    outputs = tuple(buffer for tensor, buffer in parameters.items() if tensor in written)
    scalars = {
        arg: Buffer(arg.name, (), arg.dtype)
        for arg in args
        if isinstance(arg, Var) and arg.dtype.is_float
    }
    if scalars:
        loads: dict[Expr, Expr] = {
            var: Load(buffer, (), var.dtype) for var, buffer in scalars.items()
        }
        roots = [replace(root, stmt=replace_nodes(root.stmt, loads)) for root in roots]
    params = (*parameters.values(), *scalars.values())
    nests = Nests(params, outputs, _sizes(schedule, parameters, args), roots, checks)
    return with_own_names(nests) if _names_twice(nests.sizes) else nests


def _checked(args: Sequence[Tensor | Var]) -> Sequence[Tensor | Var]:
    if not isinstance(args, list | tuple):
        raise LoweringError(
            f"expected a list of tensors, got {args!r}",
            hint="pass every placeholder and output, as in lower(s, [A, B, C])",
        )
    for position, arg in enumerate(args):
        if not isinstance(arg, Tensor | Var):
            raise LoweringError(f"expected a tensor or a size as argument {position}, got {arg!r}")
        if arg in args[:position]:
            raise LoweringError(f"expected every argument once, got {arg.name} twice")
    return args


def _parameters(schedule: Schedule, tensors: Sequence[Tensor]) -> dict[Tensor, Buffer]:
    """Return a buffer for each argument, with a number in its name if that is taken.

    Arguments that nothing reads are allowed.
    """
    found: dict[Tensor, Buffer] = {}
    taken: set[str] = set()
    for tensor in tensors:
        given = schedule.current(tensor) if tensor in schedule else tensor
        buffer = parameter(given)
        names = (f"{buffer.name}_{number}" for number in count(1))
        name = buffer.name if buffer.name not in taken else next(n for n in names if n not in taken)
        taken.add(name)
        found[given] = replace(buffer, name=name)
    return found


def _computed(
    ops: dict[StageState, Operation], given: Container[Tensor]
) -> dict[StageState, Operation]:
    """Return the operations with storage: an inlined one only if the caller gives it."""
    return {
        stage: op
        for stage, op in ops.items()
        if not isinstance(stage.attachment, Inlined) or any(t in given for t in op.outputs)
    }


def _build(
    schedule: Schedule,
    plans: dict[StageState, Plan],
    placements: dict[Tensor, Placement],
    given: dict[Tensor, Buffer],
    ranges: Ranges,
    checks: Checks,
    external: External,
) -> list[RootNest]:
    attached: dict[StageState, dict[Axis, Attached]] = {}
    roots: list[RootNest] = []
    first: dict[StageState, list[tuple[Stmt, Expr]]] = {}
    stored = set(given.values())
    for stage in schedule.stages:
        plan = plans.get(stage)
        if isinstance(stage.op, ExternOp):
            stmt, own = external.nest(stage.op, placements)
            roots.append(RootNest(stage, stmt, own, []))
        if plan is None:
            continue
        bodies = Bodies(plan, placements, ranges)
        stmt = NestBuilder(plan, bodies, attached.get(stage, {}), checks).build()
        for check in checks.before.get(stage, ()):
            of_root = first.setdefault(stage.outermost, [])
            of_root.append((_before(checks, check, bodies), checks.passed(check)))
        own = [buffer for buffer in plan.buffers if buffer not in stored]
        if isinstance(stage.attachment, At):
            there = attached.setdefault(stage.attachment.stage, {})
            slot = there.setdefault(stage.attachment.axis, Attached())
            slot.stmts.append(stmt)
            slot.buffers.extend(own)
        else:
            roots.append(RootNest(stage, stmt, own, first.get(stage, [])))
    return roots


def _before(checks: Checks, check: Check, bodies: Bodies) -> Stmt:
    """Return the check of an index over the whole index space of its operation.

    Loops are in the order in which the index reads by them, so that rows are read as they lie.
    """
    op = bodies.plan.op
    used = [*free_vars(check.index), *free_vars(check.condition)]
    axes = [axis for axis in (*op.axes, *op.reduce_axis) if axis in used]
    values = {axis: Var(axis.name, INDEX) for axis in sorted(axes, key=used.index)}
    for axis, var in values.items():
        bodies.ranges.bounds.add_loop(var, axis.start, axis.extent)
    return nest(
        checks.faults,
        check,
        [(var, axis.start, axis.extent) for axis, var in values.items()],
        bodies.lowered(check.index, values),
        [bodies.lowered(check.condition, values)],
    )


def _check_complete(
    schedule: Schedule,
    plans: dict[StageState, Plan],
    parameters: dict[Tensor, Buffer],
    shared: Container[Tensor],
) -> None:
    reads = (read.tensor for plan in plans.values() for read in plan.reads)
    missing = [
        f"placeholder {tensor.name}"
        for tensor in reads
        if isinstance(tensor.op, PlaceholderOp)
        and tensor not in parameters
        and tensor not in shared
    ]
    missing += [
        f"output {op.outputs[0].name}"
        for op in schedule.outputs
        if all(schedule.current(tensor) not in parameters for tensor in op.outputs)
    ]
    if missing:
        raise LoweringError(
            f"expected the {missing[0]} among the arguments, got none",
            hint="pass every placeholder and output to lower, as in lower(s, [A, B, C])",
        )


def _sizes(
    schedule: Schedule, parameters: dict[Tensor, Buffer], args: Sequence[Tensor | Var]
) -> tuple[Var, ...]:
    """Return the sizes among the arguments, then those of shapes, then those of values alone."""
    found: dict[Var, None] = {
        arg: None for arg in args if isinstance(arg, Var) and arg.dtype.is_integer
    }
    for buffer in parameters.values():
        for extent in buffer.shape:
            found.update(dict.fromkeys(sorted(free_vars(extent), key=lambda var: var.name)))
    used = size_vars(op.outputs[0] for op in schedule.outputs)
    given = set(args)
    if scalars := [var for var in used if var.dtype.is_float and var not in given]:
        raise LoweringError(
            f"expected the scalar {scalars[0]} among the arguments, got none",
            hint=f"pass it after the tensors, as in lower(s, [A, B, {scalars[0]}])",
        )
    found.update(dict.fromkeys(var for var in used if var.dtype.is_integer))
    return tuple(found)


def _names_twice(sizes: tuple[Var, ...]) -> bool:
    return len({size.name for size in sizes}) < len(sizes)


def with_own_names(nests: Nests) -> Nests:
    """Return the nests with a number in the names of sizes that others have.

    Raises LoweringError if there are checks of indices, whose extents name sizes too.
    """
    if nests.checks.all:
        raise LoweringError(
            "expected a name of its own for every symbolic size, got two named alike",
            hint='name them apart, as in te.var("m") and te.var("n")',
        )
    new: dict[Var, Var] = {}
    taken: set[str] = set()
    for size in nests.sizes:
        tried = (f"{size.name}_{number}" for number in count(1))
        free = size.name if size.name not in taken else next(n for n in tried if n not in taken)
        taken.add(free)
        new[size] = size if free == size.name else Var(free, size.dtype)
    changed = {old: var for old, var in new.items() if old is not var}
    every = (*nests.params, *(buffer for root in nests.roots for buffer in root.buffers))
    buffers = {buffer: with_shape_of(buffer, changed) for buffer in every}
    roots = [
        replace(
            root,
            stmt=substitute(replace_buffers(root.stmt, buffers), changed),
            buffers=[buffers[buffer] for buffer in root.buffers],
        )
        for root in nests.roots
    ]
    return Nests(
        tuple(buffers[buffer] for buffer in nests.params),
        tuple(buffers[buffer] for buffer in nests.outputs),
        tuple(new.values()),
        roots,
        nests.checks,
    )


def with_shape_of(buffer: Buffer, values: Mapping[Var, Var]) -> Buffer:
    """Return `buffer` with variables replaced in its shape and strides."""
    strides = buffer.strides
    return replace(
        buffer,
        shape=tuple(substitute(extent, values) for extent in buffer.shape),
        strides=None if strides is None else tuple(substitute(s, values) for s in strides),
    )
