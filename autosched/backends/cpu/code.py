"""The code of a schedule on a CPU, and the times of the steps that make it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from autosched.backends.base import arguments
from autosched.backends.form import WorkloadForm
from autosched.building import lower_program, program_text
from autosched.codegen.compile import compile_text
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.codegen.machine.module import CompiledModule
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.schedule.schedule import Schedule
from autosched.target.target import Target

Value = TypeVar("Value")


def compiled(target: Target, form: WorkloadForm, schedule: Schedule) -> CompiledModule:
    """Compile a schedule to machine code, for printing."""
    program = lower_program(schedule, arguments(form), target)
    text = program_text(program, target, threads=target.threads)
    return compile_text(text, target, program.imports)


def pass_times(target: Target, form: WorkloadForm, schedule: Schedule) -> list[tuple[str, float]]:
    """Return the milliseconds of lowering, each pass, our code generator and LLVM."""
    function, lowering = _timed(lambda: lower(schedule, arguments(form), bounds="check"))
    reports = pipeline.trace(function, target)
    options = CodegenOptions(threads=target.threads)
    final = reports[-1].function
    text, emitting = _timed(lambda: emit(final, target=target, options=options))
    _, compiling = _timed(lambda: compile_text(text, target))
    return [
        ("lower", lowering),
        *((report.name, report.time_ms) for report in reports),
        ("emit", emitting),
        ("llvm", compiling),
    ]


def _timed(work: Callable[[], Value]) -> tuple[Value, float]:
    start = time.perf_counter()
    value = work()
    return value, (time.perf_counter() - start) * 1e3
