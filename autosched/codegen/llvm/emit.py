"""Emits loop nests as the text of an LLVM module."""

from __future__ import annotations

from autosched.analysis.bounds import MOST_ELEMENTS
from autosched.codegen.llvm.loops import calls, statements
from autosched.codegen.llvm.loops.laid_out import has_tile, is_laid_out, needs_all
from autosched.codegen.llvm.memory import access, padding, storage
from autosched.codegen.llvm.memory.workspace import runtime_text
from autosched.codegen.llvm.state.both_sides import both_sides
from autosched.codegen.llvm.state.emitter import Emitter, Handler
from autosched.codegen.llvm.state.facts import Facts
from autosched.codegen.llvm.state.module import CodegenOptions, ModuleState
from autosched.codegen.llvm.symbols import C_LIBRARY, LAID_OUT
from autosched.codegen.llvm.text.types import Value
from autosched.codegen.llvm.values import (
    arithmetic,
    compare,
    convert,
    division,
    extreme,
    intrinsics,
    lanes,
)
from autosched.errors import CodegenError, InternalError
from autosched.ir.expr import Cast, Const, Var
from autosched.ir.node_types import TypeTable
from autosched.ir.stmt import Function
from autosched.target.target import Target


def _const(em: Emitter, node: Const) -> Value:
    return node.value


def _var(em: Emitter, node: Var) -> Value:
    value = em.env.get(node)
    if value is None:
        raise InternalError(f"expected a variable of a loop around, or a size, got {node.name}")
    return value


TABLE: TypeTable[Handler] = TypeTable({Const: _const, Var: _var, Cast: convert.cast})
for _file in (
    arithmetic, extreme, padding, compare, division, intrinsics, lanes, access, statements, storage,
    calls,
):  # fmt: skip
    TABLE.update(_file.HANDLERS)


def emit(*functions: Function, target: Target, options: CodegenOptions | None = None) -> str:
    """Return the text of an LLVM module that exports every function under its name.

    Its C type is `void NAME(T0 *p0, ..., int64_t s0, ...)`: the parameters in order, dense
    and row-major, then the sizes. Raises CodegenError for a nest that has no code.
    """
    options = CodegenOptions() if options is None else options
    state = ModuleState(target, options, TABLE, padding.STEPS)
    state.facts.both_sides = both_sides(functions, state.facts)
    # Those after the first prepare constants, once.
    state.is_laid_out = options.few_passes or all(
        is_laid_out(each.body, state.facts) for each in functions[:1]
    )
    for function in functions:
        state.widths = state.facts.widths(function.body) if state.is_laid_out else {}
        _emit_function(function, state)
    if functions:
        state.functions += runtime_text(state, functions[0].name)
    for function in functions:
        if function.name in state.declarations or function.name in C_LIBRARY:
            raise CodegenError(
                f"expected a name that nothing its code calls has, got {function.name!r}",
                hint="give the kernel another name",
            )
    attributes = {
        "prefer-vector-width": str(target.vector_bits),
        # An estimate refined by a Newton step gives NaN for zero and for infinity.
        "reciprocal-estimates": "none",
    }
    if state.is_laid_out:
        attributes[LAID_OUT] = "true"
    return state.text(target.triple, attributes)


def is_indifferent(function: Function) -> bool:
    """Tell whether the passes that LLVM runs on other nests do not depend on this one beside them.

    It neither is a contraction nor leaves anything to LLVM that needs all passes.
    """
    facts = Facts()
    facts.both_sides = both_sides((function,), facts)
    return not has_tile(function.body, facts) and not needs_all(function.body, facts)


def _emit_function(function: Function, state: ModuleState) -> None:
    em = Emitter(state, function.name)
    given = len(function.params) - state.options.aligned
    parameters = [
        em.parameter(buffer, buffer.dtype.bytes if place < given else state.alignment)
        for place, buffer in enumerate(function.params)
    ]
    for size in function.sizes:
        name = em.env[size] = em.slot()
        parameters.append(f"i64 {name}")
    em.naturals.update(dict.fromkeys(function.sizes, MOST_ELEMENTS))
    em.fixed.update(function.sizes)
    em.recent = em.written = state.facts.written(function.body)
    em.run(function.body)
    em.define(parameters)
