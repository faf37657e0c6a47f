"""LLVM's code leaves the memory of the process, and comes back when it is called."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from autosched.codegen.machine.idle import LIBRARY, release_memory
from autosched.codegen.machine.module import compile_quickly
from autosched.target.target import Target

TEXT = "define void @f() {\n  ret void\n}"


def resident_kb() -> int:
    """The memory that LLVM's code takes now."""
    total, counts = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            counts = LIBRARY in line and " r-xp " in line
        elif counts and line.startswith("Rss:"):
            total += int(line.split()[1])
    return total


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_code_is_given_back_and_read_again() -> None:
    compile_quickly(TEXT, Target.host())
    before = resident_kb()
    release_memory()
    assert resident_kb() < before / 2
    assert compile_quickly(TEXT, Target.host()).address("f")


def test_it_may_be_called_at_any_time() -> None:
    release_memory()
    release_memory()
