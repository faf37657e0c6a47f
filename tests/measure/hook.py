"""A builder of hand-written kernels, most of them faulty. A candidate is the name of one."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from autosched.errors import CodegenError, ExpressionError
from autosched.measure.case import Argument, Reference, random_input
from autosched.measure.tasks import Tasks
from autosched.measure.verify import relative_tolerance
from autosched.runtime.kernel import Kernel
from autosched.runtime.signature import Param, Signature
from tests.runtime.kernels import ADD_BODY, loop, make_kernel

SHAPE = (4, 6)
PARAMS = (
    Param("a", "float32", SHAPE),
    Param("b", "float32", SHAPE),
    Param("c", "float32", SHAPE, is_output=True),
)
SIGNATURE = Signature("add", PARAMS)
HEAD = "define void @add(ptr %a, ptr %b, ptr %c) {\n"
GOOD = loop("add", "ptr %a, ptr %b, ptr %c", "24", ADD_BODY)

KERNELS = {
    "good": GOOD,
    "wrong": GOOD.replace("fadd", "fsub"),
    "incomplete": loop("add", "ptr %a, ptr %b, ptr %c", "23", ADD_BODY),
    "beside": loop("add", "ptr %a, ptr %b, ptr %c", "25", ADD_BODY),
    "input": HEAD + "  store float 7.0, ptr %a\n  ret void\n}\n",
    "segfault": HEAD + "  store float 0.0, ptr inttoptr (i64 8 to ptr)\n  ret void\n}\n",
    "illegal": "declare void @llvm.trap()\n" + HEAD + "  call void @llvm.trap()\n  ret void\n}\n",
    # Right in the first call: it adds the number of earlier calls.
    "decays": "@calls = internal global float 0.0\n"
    + loop(
        "add",
        "ptr %a, ptr %b, ptr %c",
        "24",
        ADD_BODY.replace(
            "store float %z",
            "%n = load float, ptr @calls\n  %w = fadd float %z, %n\n  store float %w",
        ),
    ).replace(
        "ret void",
        "%last = load float, ptr @calls\n  %more.calls = fadd float %last, 1.0\n"
        "  store float %more.calls, ptr @calls\n  ret void",
    ),
    "endless": HEAD
    + "  br label %spin\nspin:\n  store volatile float 0.0, ptr %c\n  br label %spin\n}\n",
}


class Hook:
    def reference(
        self, workload: str, sizes: Mapping[str, int], given: Mapping[int, np.ndarray]
    ) -> Reference:
        if workload == "no reference":
            raise ExpressionError("expected a workload, got none")
        if workload == "bug":
            raise KeyError("a slip of ours")
        if workload == "slow reference":
            time.sleep(0.5)
        a, b = (random_input("float32", SHAPE, number) for number in range(2))
        arguments = (
            Argument("a", "float32", a, False),
            Argument("b", "float32", b, False),
            Argument("c", "float32", a + b, True),
        )
        return Reference(arguments, relative_tolerance({"float32"}, 1))

    def compile(self, workload: str, trace: str, target: str, threads: int) -> Kernel:
        if trace in KERNELS:
            return make_kernel(SIGNATURE, KERNELS[trace])
        return getattr(self, trace)()

    def no_kernel(self) -> Kernel:
        raise CodegenError("expected a nest with code, got none")

    def allocates(self) -> Kernel:
        kept = []
        while True:
            kept.append(np.empty(1 << 24))

    def allocates_natively(self) -> Kernel:
        """End as LLVM does when malloc fails."""
        print("LLVM ERROR: out of memory", file=sys.stderr, flush=True)
        os.abort()

    def killed(self) -> Kernel:
        """End as if the system killed the process for lack of memory."""
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    def builds_forever(self) -> Kernel:
        while True:
            time.sleep(1)

    def builds_slowly(self) -> Kernel:
        time.sleep(1)
        return self.compile("add", "good", "cpu", 1)

    def dies_building(self) -> Kernel:
        print("the last words", file=sys.stderr, flush=True)
        os.kill(os.getpid(), signal.SIGSEGV)
        raise AssertionError

    def exits(self) -> Kernel:
        os._exit(3)

    def bug(self) -> Kernel:
        raise KeyError("a slip of ours")


class Forking(Hook):
    """Building starts two processes, one in its own session, and never ends."""

    def compile(self, workload: str, trace: str, target: str, threads: int) -> Kernel:
        if os.fork() == 0 and os.fork() == 0:
            os.setsid()
        with Path(trace).open("a") as note:
            note.write(f"{os.getpid()}\n")
        while True:
            time.sleep(1)


class Endless(Tasks):
    """Tasks that never become ready."""

    def __init__(self, builder: str, memory_bytes: int, pin: bool):
        time.sleep(1e6)


class Counting(Tasks):
    """Tasks that tell how many builds they keep."""

    def _do_count(self) -> int:
        return len(self._builds)
