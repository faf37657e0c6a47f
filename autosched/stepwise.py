"""Builds kernels with calls of functions outside: what stands between two calls is compiled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count, groupby

from autosched.codegen.compile import compile_text
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.errors import not_offered
from autosched.ir.expr import Buffer, Cast, Const, Expr, Load, Var
from autosched.ir.stmt import CallExternal, Function, Store
from autosched.ir.traverse import iter_stmts, walk
from autosched.lowering.lower import Nests, RootNest, lower_nests, together
from autosched.passes import pipeline
from autosched.runtime.kernel import Kernel
from autosched.runtime.signature import Dim, Param, Signature
from autosched.runtime.steps import Compiled, Outside, Scalar, StepKernel
from autosched.schedule.schedule import Schedule
from autosched.target.probe import memory_bytes
from autosched.target.target import Target
from autosched.te.bounds import OutOfRange
from autosched.te.extern import ExternOp
from autosched.te.tensor import Tensor


def calls_functions(schedule: Schedule) -> bool:
    """Tell whether the schedule calls functions outside, and none of them inside of statements."""
    bodies = [stage.op.body for stage in schedule.stages if isinstance(stage.op, ExternOp)]
    made = [body for body in bodies if any(type(s) is CallExternal for s in iter_stmts(body))]
    return bool(made) and all(type(body) is CallExternal for body in made)


def build_steps(
    schedule: Schedule,
    args: Sequence[Tensor | Var],
    target: Target,
    *,
    threads: int,
    name: str,
    bounds: OutOfRange,
) -> StepKernel:
    """Return a kernel that runs the nests between calls as compiled functions.

    Raises NotOfferedError for checks of indices from data.
    """
    nests = lower_nests(schedule, args, bounds)
    if nests.checks.all:
        raise not_offered(
            "checks of indices from data beside calls of functions outside",
            'build with bounds="clamp" or bounds="trust"',
        )
    groups = _groups(nests)
    between = _between(nests, groups)
    names = _names([*nests.params, *between])
    functions = {
        number: pipeline.run(_function(f"{name}_{number}", group, nests, between), target)
        for number, group in enumerate(groups)
        if not _is_call(group[0])
    }
    text = emit(*functions.values(), target=target, options=CodegenOptions(threads, memory_bytes()))
    module = compile_text(text, target)
    steps: list[Compiled | Outside] = []
    for number, group in enumerate(groups):
        if number in functions:
            function = functions[number]
            kernel = Kernel(_signature(function), module.address(function.name))
            steps.append(Compiled(kernel, tuple(names[buffer] for buffer in function.params)))
        else:
            steps += [
                _outside(root.stmt, names) for root in group if type(root.stmt) is CallExternal
            ]
    outputs = set(nests.outputs)
    whole = Signature(
        name,
        tuple(param_of(buffer, buffer in outputs) for buffer in nests.params),
        tuple(size.name for size in nests.sizes),
    )
    filled = [replace(param_of(buffer, True), name=names[buffer]) for buffer in between]
    return StepKernel(whole, filled, steps, module)


def _names(buffers: Sequence[Buffer]) -> dict[Buffer, str]:
    """Return a name of its own for each buffer; the parameters, which come first, keep theirs."""
    found: dict[Buffer, str] = {}
    for buffer in buffers:
        tried = (f"{buffer.name}.{number}" for number in count(1))
        taken = set(found.values())
        name = buffer.name if buffer.name not in taken else next(n for n in tried if n not in taken)
        found[buffer] = name
    return found


def _is_call(root: RootNest) -> bool:
    return type(root.stmt) is CallExternal


def _groups(nests: Nests) -> list[list[RootNest]]:
    return [list(group) for _, group in groupby(nests.roots, key=_is_call)]


def _used(root: RootNest) -> set[Buffer]:
    if type(root.stmt) is CallExternal:
        return {arg for arg in root.stmt.args if isinstance(arg, Buffer)}
    loads = {node.buffer for node in walk(root.stmt) if type(node) is Load}
    return loads | {stmt.buffer for stmt in iter_stmts(root.stmt) if type(stmt) is Store}


def _between(nests: Nests, groups: list[list[RootNest]]) -> list[Buffer]:
    """Return the buffers, filled by nests, that more than one group uses."""
    found = []
    for root in nests.roots:
        for buffer in root.buffers:
            users = [group for group in groups if any(buffer in _used(each) for each in group)]
            if len(users) > 1 or _is_call(root):
                found.append(buffer)
    return found


def _function(name: str, group: list[RootNest], nests: Nests, between: list[Buffer]) -> Function:
    shared = (*nests.params, *between)
    used = set[Buffer]().union(*map(_used, group))
    params = tuple(buffer for buffer in shared if buffer in used)
    written = {
        stmt.buffer for root in group for stmt in iter_stmts(root.stmt) if type(stmt) is Store
    }
    own = [
        replace(root, buffers=[buffer for buffer in root.buffers if buffer not in between])
        for root in group
    ]
    body = together(own, nests.checks)
    outputs = tuple(buffer for buffer in params if buffer in written)
    return Function(name, params, outputs, nests.sizes, body)


def _outside(call: CallExternal, names: dict[Buffer, str]) -> Outside:
    args = tuple(names[arg] if isinstance(arg, Buffer) else _scalar(arg) for arg in call.args)
    return Outside(call.function, call.language, args)


def _scalar(expr: Expr) -> Scalar:
    if type(expr) is Cast and expr.value.dtype.is_integer:
        expr = expr.value  # its text names sizes
    value = expr.value if type(expr) is Const else str(expr)
    return Scalar(value, expr.dtype.is_float)


def _signature(function: Function) -> Signature:
    outputs = set(function.outputs)
    return Signature(
        function.name,
        tuple(param_of(buffer, buffer in outputs) for buffer in function.params),
        tuple(size.name for size in function.sizes),
    )


def param_of(buffer: Buffer, is_output: bool) -> Param:
    """Return the parameter of a signature for a buffer."""
    return Param(buffer.name, str(buffer.dtype), tuple(map(dim_of, buffer.shape)), is_output)


def dim_of(extent: Expr) -> Dim:
    """Return an extent of a signature: a number, or a size in words."""
    return int(extent.value) if type(extent) is Const else str(extent)
