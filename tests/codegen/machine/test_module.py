"""Machine code in this process, and object files for this machine and others."""

from __future__ import annotations

import ctypes
import hashlib
import re
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import llvmlite.binding as llvm
import numpy as np
import pytest

from autosched.codegen.llvm.emit import emit
from autosched.codegen.llvm.state.module import CodegenOptions
from autosched.codegen.llvm.symbols import C_LIBRARY, LAID_OUT, PARALLEL_SYMBOL, WORKSPACE
from autosched.codegen.machine.module import (
    code_file,
    object_file,
    optimised,
    speed_level,
)
from autosched.codegen.native.function import linked_text
from autosched.codegen.team.members import parallel, reset, serve
from autosched.codegen.team.text import primitives_text
from autosched.config import child_environment
from autosched.errors import InternalError
from autosched.ir import build as b
from autosched.ir.stmt import Allocate, Function, LoopKind, block
from autosched.target.target import Target
from tests.codegen.llvm.harness import buffer, compiled, function, loop, read, write
from tests.codegen.team.harness import run_python

LIBM = {"floor", "ceil", "trunc", "roundeven", "fma", "fmod"}
ADDED_BY_LLVM = {"memcpy", "memmove", "memset"} | LIBM | {f"{name}f" for name in LIBM}

ELSEWHERE = [
    ("x86_64-unknown-linux-gnu", "x86-64", "", 128, 62),
    ("x86_64-unknown-linux-gnu", "haswell", "+avx2,+fma,+f16c", 256, 62),
    ("aarch64-unknown-linux-gnu", "cortex-a72", "", 128, 183),
]
"""Triples, processors, features, bits of a vector, and the machine's number in an ELF file."""


def elsewhere(triple: str, cpu: str, features: str, bits: int) -> Target:
    made = replace(Target.host(), triple=triple, cpu=cpu, features=features)
    return replace(made, vector_bits=bits, threads=4)


def in_parallel() -> Function:
    """y = e^x mod 3 by way of rows of working memory, in a parallel loop."""
    x, y = buffer("x", [4, 30_000]), buffer("y", [4, 30_000])

    def row(i):
        t = buffer("t", [30_000])
        fill = loop("j", 30_000, lambda j: write(t, j, b.call("exp", read(x, i, j))))
        use = loop("j", 30_000, lambda j: write(y, i, j, b.floormod(read(t, j), 3.0)))
        return Allocate(t, block(fill, use))

    return function([x, y], loop("i", 4, row, LoopKind.PARALLEL))


def text_for(target: Target) -> str:
    return emit(in_parallel(), target=target, options=CodegenOptions(threads=0, is_whole=True))


def undefined(data: bytes) -> set[str]:
    """The symbols that an ELF object file of 64 bits needs from elsewhere."""
    (start,) = struct.unpack_from("<Q", data, 40)
    size, count, _ = struct.unpack_from("<3H", data, 58)
    sections = [struct.unpack_from("<IIQQQQIIQQ", data, start + n * size) for n in range(count)]
    (table,) = (section for section in sections if section[1] == 2)
    names = sections[table[6]][4]
    found = set()
    for place in range(table[4], table[4] + table[5], 24):
        name, _, _, section = struct.unpack_from("<IBBH", data, place)
        if name and not section:
            found.add(data[names + name : data.index(b"\0", names + name)].decode())
    return found


@pytest.mark.parametrize(("triple", "cpu", "features", "bits", "machine"), ELSEWHERE)
def test_a_kernel_becomes_an_object_file_of_another_machine(triple, cpu, features, bits, machine):
    target = elsewhere(triple, cpu, features, bits)
    data = object_file(text_for(target), target)
    assert struct.unpack_from("<H", data, 18) == (machine,)
    needed = undefined(data)
    assert {PARALLEL_SYMBOL, "aligned_alloc", "fmodf"} <= needed
    assert needed <= {PARALLEL_SYMBOL} | set(C_LIBRARY) | ADDED_BY_LLVM


def test_code_for_this_process_calls_its_functions_for_working_memory() -> None:
    target = Target.host()
    text = emit(in_parallel(), target=target, options=CodegenOptions(threads=0))
    needed = undefined(code_file(text, target))
    found = {name for name in needed if name.startswith(WORKSPACE)}
    assert found == {f"{WORKSPACE}.{each}" for each in ("take", "give", "drop")}
    assert "aligned_alloc" not in needed


def test_instructions_that_are_laid_out_are_not_ordered_twice() -> None:
    assert speed_level(f'attributes #0 = {{ "{LAID_OUT}"="true" }}') == 1
    assert speed_level(f'attributes #0 = {{ "{LAID_OUT}"="true" }}', ["code of a user"]) == 3
    assert speed_level("") == 3


def test_the_team_becomes_an_object_file_of_another_machine() -> None:
    target = elsewhere("aarch64-unknown-linux-gnu", "cortex-a72", "", 128)
    names = parallel.name, serve.name, reset.name
    text = linked_text([parallel, serve, reset], primitives_text(target.triple, *names))
    needed = undefined(object_file(text, target))
    known = re.compile("pthread_|sched_|clock_gettime|sigfillset|memset")
    assert {name for name in needed if not known.match(name)} == set()
    assert "pthread_create" in needed


def test_the_text_has_no_address() -> None:
    text = text_for(Target.host())
    assert "inttoptr" not in text
    numbers = [int(number) for number in re.findall(r"(?<![\w.%@])\d+(?![\w.])", text)]
    assert max(numbers) < 1 << 32


def test_the_text_is_the_same_in_another_process() -> None:
    code = (
        "import hashlib; from autosched.target.target import Target; "
        "from tests.codegen.machine.test_module import text_for; "
        "print(hashlib.sha256(text_for(Target.host()).encode()).hexdigest())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=child_environment(PYTHONHASHSEED="7"),
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=True,
    )
    text = text_for(Target.host())
    assert done.stdout.strip() == hashlib.sha256(text.encode()).hexdigest()


def doubled() -> Function:
    x, y = buffer("x", [8]), buffer("y", [8])
    return function([x, y], loop("i", 8, lambda i: write(y, i, read(x, i) * 2.0)))


def test_an_object_file_runs() -> None:
    target = Target.host()
    data = object_file(emit(doubled(), target=target), target)
    machine = llvm.Target.from_triple(target.triple).create_target_machine(jit=True)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(data))
    engine.finalize_object()
    kind = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
    x, y = np.arange(8, dtype=np.float32), np.zeros(8, np.float32)
    kind(engine.get_function_address("kernel"))(x.ctypes.data, y.ctypes.data)
    np.testing.assert_array_equal(y, 2 * x)


def test_the_module_tells_its_text_and_assembly() -> None:
    module = compiled(doubled())
    assert "define" in module.llvm_text()
    assert "kernel:" in module.asm()
    with pytest.raises(InternalError, match="missing"):
        module.address("missing")


PAIR_OF_LANES = """
declare <2 x float> @llvm.canonicalize.v2f32(<2 x float>)
define void @main(ptr %p) {
  %x = load <2 x float>, ptr %p
  %y = call <2 x float> @llvm.canonicalize.v2f32(<2 x float> %x)
  store <2 x float> %y, ptr %p
  ret void
}
"""


def test_two_lanes_are_not_canonicalized_where_llvm_would_end_the_process() -> None:
    target = elsewhere("x86_64-unknown-linux-gnu", "haswell", "+avx2,+fma,+f16c", 256)
    assert "canonicalize" not in str(optimised(PAIR_OF_LANES, target))
    assert object_file(PAIR_OF_LANES, target)


def test_a_fork_waits_for_the_call_of_llvm_that_another_thread_is_in() -> None:
    run_python(
        "import os, threading, time\n"
        "import llvmlite.binding as llvm\n"
        "from autosched.codegen.machine.module import initialise, parsed\n"
        "initialise()\n"
        "inside = threading.Event()\n"
        "def call():\n"
        "    with llvm.ffi.lib._lock:\n"
        "        inside.set()\n"
        "        time.sleep(0.05)\n"
        "threading.Thread(target=call).start()\n"
        "inside.wait(60)\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    parsed('define void @f() { ret void }')\n"
        "    os._exit(0)\n"
        "assert os.waitpid(child, 0)[1] == 0\n"
    )
