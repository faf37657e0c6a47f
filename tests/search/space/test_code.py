"""The machine code of default sketches calls no function: exp and its kin are vector code."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.codegen.llvm.compile import compile_text
from autosched.compile import lower_program, program_text
from autosched.ops.elementwise import gelu
from autosched.ops.softmax import softmax
from autosched.schedule.trace import replay
from autosched.search.space.generate import sketches
from autosched.target.target import Target
from tests.search.space.nests import rows

HOST = Target.host()


@pytest.mark.parametrize("operator", [softmax, gelu])
@pytest.mark.parametrize("length", [128, 100])
def test_no_calls(operator, length: int) -> None:
    x: te.Tensor = rows(16, length)
    output = operator(x)
    for sketch in sketches([output], HOST):
        program = lower_program(replay([output], sketch.bind(sketch.default)), [x, output], HOST)
        code = compile_text(program_text(program, HOST, threads=1), HOST).asm()
        lines = [line.split() for line in code.splitlines()]
        assert not [line for line in lines if line and line[0].startswith(("call", "bl"))]
