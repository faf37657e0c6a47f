"""The machine code of default sketches calls no function: exp and its kin are vector code."""

from __future__ import annotations

import pytest

from autosched import te
from autosched.building import lower_program, program_text
from autosched.codegen.compile import compile_text
from autosched.ops.elementwise import gelu
from autosched.ops.softmax import softmax
from autosched.schedule.trace import replay
from autosched.search.space.generate import space
from autosched.target.target import Target
from tests.search.space.nests import rows

MACHINES = {
    "haswell": ("+avx2,+fma,+bmi2", 256),
    "skylake-avx512": ("+avx2,+fma,+bmi2,+avx512f,+avx512bw,+avx512dq,+avx512vl", 512),
}


@pytest.mark.parametrize("cpu", MACHINES)
@pytest.mark.parametrize("operator", [softmax, gelu])
@pytest.mark.parametrize("length", [128, 100])
def test_no_calls(operator, length: int, cpu: str) -> None:
    features, bits = MACHINES[cpu]
    triple = "x86_64-unknown-linux-gnu"
    machine = Target("cpu", cpu, features, bits, 1, 32 << 10, 1 << 20, 8 << 20, triple)
    x: te.Tensor = rows(16, length)
    output = operator(x)
    for sketch in space([output], machine).sketches:
        program = lower_program(replay([output], sketch.bind(sketch.default)), [x, output], machine)
        code = compile_text(program_text(program, machine, threads=1), machine).asm()
        lines = [line.split() for line in code.splitlines()]
        assert not [line for line in lines if line and line[0].startswith("call")]
