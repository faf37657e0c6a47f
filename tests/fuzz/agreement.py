"""Whether a schedule computes what its expression means: evaluated, interpreted and compiled."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass

import numpy as np

from autosched.codegen.compile import compile_text
from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.ir.interpreter import interpret
from autosched.ir.stmt import Function
from autosched.ir.verifier import verify
from autosched.lowering.lower import lower
from autosched.passes import pipeline
from autosched.schedule import Schedule
from autosched.target.target import Target
from autosched.te.evaluate import evaluate
from tests.codegen.llvm.harness import as_floats
from tests.fuzz.expressions import INEXACT
from tests.fuzz.program import Program

MARGIN = 64
"""Bytes kept around every array that compiled code may neither write nor need."""


@dataclass(frozen=True)
class Case:
    """A lowered schedule that the interpreter found to mean what its expression does."""

    program: Program
    schedule: Schedule
    function: Function
    arrays: list[np.ndarray]
    expected: list[np.ndarray]

    def check(self, arrays: list[np.ndarray], by: str) -> None:
        """The outputs, at the end of `arrays`, are as expected."""
        for want, got, tensor in zip(
            self.expected, arrays[-len(self.expected) :], self.program.outputs, strict=True
        ):
            want, got = as_floats(want, tensor.dtype), as_floats(got, tensor.dtype)
            if self.program.family not in INEXACT:
                same = np.array_equal(got, want)
            else:
                tolerance = 1e-5 if got.dtype == np.float32 else 1e-12
                same = np.allclose(got, want, rtol=tolerance, atol=tolerance)
            assert same, f"{by} of {tensor.name}: {got}, expected {want}\n{self}"

    def __str__(self) -> str:
        steps = "\n".join(str(step) for step in self.schedule.trace)
        return f"{self.program.family} {self.program.sizes}\n{steps}\n{self.function}"


def interpreted(program: Program, schedule: Schedule, target: Target, seed: int, name: str) -> Case:
    """The case, once the nest was verified after every pass and interpreted before and after."""
    args = [*program.args, *program.sizes]
    raw = lower(schedule, args, name)
    verify(raw)
    done = pipeline.run(raw, target, check=True)
    arrays = program.arrays(seed)
    inputs = dict(zip(program.args, arrays[: -len(program.outputs)], strict=False))
    expected = evaluate(program.outputs, inputs, program.sizes)
    for function, by in ((raw, "the nest"), (done, "the nest after the passes")):
        case = Case(program, schedule, function, arrays, expected)
        found = [array.copy() for array in arrays]
        interpret(function, found, list(program.sizes.values()))
        case.check(found, by)
    return case


def compiled(cases: list[Case], target: Target, threads: int) -> None:
    """Compile all the cases as one module, and check what each computes."""
    functions = [case.function for case in cases]
    text = emit(*functions, target=target, options=CodegenOptions(threads=threads))
    module = compile_text(text, target)
    for case in cases:
        call(case, module.address(case.function.name))


def call(case: Case, address: int) -> None:
    """Run the code on arrays with margins, which must stay as they are."""
    padded = [np.full(array.nbytes + 2 * MARGIN, 0xA5, np.uint8) for array in case.arrays]
    views = []
    for memory, array in zip(padded, case.arrays, strict=True):
        view = memory[MARGIN : MARGIN + array.nbytes].view(array.dtype).reshape(array.shape)
        view[...] = array
        views.append(view)
    sizes = [case.program.sizes[size] for size in case.function.sizes]
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(views), *[ctypes.c_int64] * len(sizes))
    kind(address)(*(view.ctypes.data for view in views), *sizes)
    case.check(views, "the compiled code")
    for memory, array in zip(padded, case.arrays, strict=True):
        edges = np.concatenate([memory[:MARGIN], memory[MARGIN + array.nbytes :]])
        assert (edges == 0xA5).all(), f"written beyond an array by\n{case}"
