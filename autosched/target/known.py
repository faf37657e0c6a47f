"""Whether LLVM knows the processor and the features that a target names."""

from __future__ import annotations

import subprocess
import sys

_CODE = """
import sys, llvmlite.binding as llvm
llvm.initialize_all_targets()
llvm.initialize_all_asmprinters()
target = llvm.Target.from_triple(sys.argv[1])
target.create_target_machine(cpu=sys.argv[2], features=sys.argv[3])
"""


def unknown(triple: str, cpu: str, features: str) -> str | None:
    """What LLVM says against them, or None.

    LLVM goes on with what it knows and prints a complaint, so another process is asked.
    """
    done = subprocess.run(
        [sys.executable, "-c", _CODE, triple, cpu, features], capture_output=True, text=True
    )
    lines = done.stderr.strip().splitlines()
    return lines[0 if done.returncode == 0 else -1] if lines else None
