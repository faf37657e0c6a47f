"""LLVM's code leaves the memory of the process, and comes back when it is called."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from autosched.codegen.machine.idle import LIBRARY, _pages_of_the_file, release_memory
from autosched.codegen.machine.module import compile_quickly
from autosched.target.target import Target

TEXT = "define void @f() {\n  ret void\n}"


def resident_kb() -> int:
    """The memory that LLVM's code and constants take now."""
    total, counts = 0, False
    for line in Path("/proc/self/smaps").read_text().splitlines():
        if re.match(r"[0-9a-f]+-[0-9a-f]+ ", line):
            counts = LIBRARY in line and (" r-xp " in line or " r--p " in line)
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


def test_what_was_written_is_kept() -> None:
    regions = {
        "1000-2000 r-xp": "Anonymous:             0 kB\nSwap:                  0 kB",
        "2000-3000 r--p": "Anonymous:             0 kB\nSwap:                  0 kB",
        "3000-4000 r--p": "Anonymous:             8 kB\nSwap:                  0 kB",
        "4000-5000 r--p": "Anonymous:             0 kB\nSwap:                 12 kB",
        "5000-6000 rw-p": "Anonymous:             0 kB\nSwap:                  0 kB",
    }
    maps = [f"{head} 0 fe:00 7  /lib/{LIBRARY}.so\n{facts}\n" for head, facts in regions.items()]
    maps.append("6000-7000 r-xp 0 fe:00 7  /lib/other.so\nAnonymous: 0 kB\nSwap: 0 kB\n")
    assert list(_pages_of_the_file("".join(maps))) == [(0x1000, 0x2000), (0x2000, 0x3000)]
