"""A process of its own compiles as this one does, and its end is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
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


def test_another_process_goes_on_where_one_is_ended(compiler: Compiler) -> None:
    text, host = TEXT.format(1), Target.host()
    os.kill(compiler._process.pid, signal.SIGKILL)
    assert compiler.file("code", text, host).result() == code_file(text, host)


def test_the_end_of_both_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [sys.executable, "-c", "import os; os.abort()"]
    monkeypatch.setattr("autosched.codegen.machine.compiler.child_python", lambda *_: ends)
    made = Compiler()
    with pytest.raises(CodegenError, match="the end of its process"):
        made.file("code", TEXT.format(1), Target.host()).result()
    made.close()


def test_what_other_threads_wait_for_is_compiled_before_it_ends() -> None:
    made, host = Compiler(), Target.host()
    files = [made.file("code", TEXT.format(number), host) for number in range(3)]
    made.close()
    assert all(file.result() for file in files)


def test_where_it_cannot_begin_this_process_compiles(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    fails = [sys.executable, "-c", "print('noise'); raise SystemExit(1)"]
    monkeypatch.setattr("autosched.codegen.machine.compiler.child_python", lambda *_: fails)
    made, text, host = Compiler(), TEXT.format(1), Target.host()
    assert made.file("code", text, host).result() == code_file(text, host)
    made.close()
    assert capfd.readouterr().out == ""


def test_it_ends_although_a_forked_process_holds_the_connection() -> None:
    made = Compiler()
    held = os.dup(made._end.fileno())
    made.close()
    os.close(held)
    assert made._process.returncode is not None


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
