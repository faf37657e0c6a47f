"""LLVM stays out of a process that compiles within a context, which ends the other process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from autosched.codegen.machine.apart import compiling_apart, file_later
from autosched.codegen.machine.module import code_file
from autosched.target.target import Target

TEXT = "define i64 @answer() {\n  ret i64 42\n}"
SCRATCH = f"""
import sys
from autosched.codegen.machine import apart
from autosched.target.target import Target
target = Target.parse({str(Target.host())!r})
with apart.compiling_apart():
    with apart.compiling_apart():
        apart.file_later("code", {TEXT!r}, target)
    file = apart.file_later("code", {TEXT!r}, target).result()
    process = apart._scopes.compiler._process
    assert process.returncode is None
assert process.returncode is not None and apart._scopes.compiler is None
assert "llvmlite.binding" not in sys.modules
sys.stdout.write(file.hex())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="starts no other process")
def test_another_process_compiles_what_this_one_would() -> None:
    done = subprocess.run([sys.executable, "-c", SCRATCH], capture_output=True, check=True)
    assert bytes.fromhex(done.stdout.decode()) == code_file(TEXT, Target.host())


LATE = f"""
import threading
from autosched.codegen.machine import apart
from autosched.target.target import Target
target = Target.parse({str(Target.host())!r})
def late():
    threading.main_thread().join()
    with apart.compiling_apart():
        file = apart.file_later("code", {TEXT!r}, target).result()
    print(file.hex())
threading.Thread(target=late).start()
"""


def test_a_thread_may_compile_after_the_main_one() -> None:
    done = subprocess.run([sys.executable, "-c", LATE], capture_output=True, check=True)
    assert bytes.fromhex(done.stdout.decode()) == code_file(TEXT, Target.host())


def test_where_llvm_is_already_it_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    host = Target.host()
    wanted = code_file(TEXT, host)  # loads LLVM
    monkeypatch.setattr(subprocess, "Popen", None)
    with compiling_apart():
        assert file_later("code", TEXT, host).result() == wanted
    assert file_later("code", TEXT, host).result() == wanted
