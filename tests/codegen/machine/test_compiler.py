"""A process of its own compiles as this one does, and its end is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from multiprocessing.connection import Pipe

import pytest

from autosched.codegen.machine.compiler import Compiler, serve
from autosched.codegen.machine.module import code_file
from autosched.errors import CodegenError
from autosched.target.target import Target

TEXT = "define i64 @answer() {{\n  ret i64 {}\n}}"


@pytest.fixture
def compiler() -> Iterator[Compiler]:
    made = Compiler()
    yield made
    made.close()


def test_files_come_in_order_and_what_llvm_refuses_is_told(compiler: Compiler) -> None:
    texts = [TEXT.format(number) for number in range(3)]
    host = Target.host()
    files = [compiler.file("code", text, host) for text in (*texts, "nonsense", TEXT.format(0))]
    assert [file.result() for file in files[:3]] == [code_file(text, host) for text in texts]
    with pytest.raises(CodegenError, match="InternalError: expected valid LLVM IR"):
        files[3].result()
    assert files[4].result() == files[0].result()


def test_its_end_is_told(compiler: Compiler) -> None:
    process = compiler._process
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    with pytest.raises(CodegenError, match="the end of its process"):
        compiler.file("code", TEXT.format(1), Target.host()).result()


def test_it_ends_quietly_where_nobody_waits_for_the_answer() -> None:
    asking, answering = Pipe()
    request = ["code", str(Target.host()), TEXT.format(1), []]
    asking.send_bytes(json.dumps(request).encode())
    asking.close()
    serve(answering)


def test_within_another_program_it_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "/usr/bin/editor")
    monkeypatch.setattr(subprocess, "Popen", None)
    with pytest.raises(OSError, match="program of Python"):
        Compiler()
