"""Candidates that go wrong in every way we could think of, and the outcome each must have.

    python -m tests.measure.faults [KIND ...]

runs all of them, a good candidate after each, and prints what is not as it must be. The test
beside this file runs those that take no time.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from autosched.codegen.compile import compile_text
from autosched.errors import LoweringError, VerifyError
from autosched.measure.local import LocalMeasurer
from autosched.measure.options import MeasureOptions, TimingPlan
from autosched.measure.outcome import Outcome
from autosched.runtime.kernel import Kernel
from autosched.target.target import Target
from tests.measure.hook import PARAMS, SHAPE, SIGNATURE, Hook

OPTIONS = MeasureOptions(
    workers=1,
    run_timeout_s=5.0,
    build_timeout_s=5.0,
    memory_bytes=400 << 20,
    backend="tests.measure.faults:Faults",
    timing=TimingPlan(repeat_ns=1e5, max_repeats=4),
)

Body = Callable[[np.ndarray, np.ndarray, np.ndarray], object]
Build = Callable[[], object]

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
libc.pthread_exit.argtypes = [ctypes.c_void_p]


@dataclass(frozen=True)
class Fault:
    """What a candidate does, and the kinds and the words that its outcome may have.

    `run` is its kernel's body, which is called after a right one where `is_right`; `build`
    happens while it is compiled. `is_slow` where it takes a deadline or more to tell.
    """

    kinds: tuple[str, ...]
    says: str = ""
    run: Body | None = None
    build: Build | None = None
    is_right: bool = True
    is_slow: bool = False


class Faults(Hook):
    def compile(self, workload: str, trace: str, target: str, threads: int) -> Kernel:
        fault = FAULTS.get(trace)
        if fault is None or (fault.run is None and fault.build is None):
            return super().compile(workload, trace, target, threads)
        if fault.build is not None:
            fault.build()
            return super().compile(workload, "good", target, threads)
        return _kernel(fault)


def _kernel(fault: Fault) -> Kernel:
    """A kernel whose code is a Python function."""

    def called(*pointers: int) -> None:
        kind = ctypes.c_float * int(np.prod(SHAPE))
        a, b, c = (np.ctypeslib.as_array(kind.from_address(p)).reshape(SHAPE) for p in pointers)
        if fault.is_right:
            np.add(a, b, out=c)
        assert fault.run is not None
        fault.run(a, b, c)

    function = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * len(PARAMS))(called)
    address = ctypes.cast(function, ctypes.c_void_p).value
    assert address is not None
    return Kernel(SIGNATURE, address, keepalive=function)


# ---- what kernels do


def raising(number: int) -> Body:
    return lambda a, b, c: signal.raise_signal(number)


def raising_by_default(number: int) -> Body:
    def run(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        signal.signal(number, signal.SIG_DFL)
        signal.raise_signal(number)

    return run


def spin(*_: object) -> None:
    while True:
        pass


def spin_with_signals_blocked(*_: object) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    spin()


def overflow_the_stack(*_: object) -> None:
    frames: list[object] = []
    callback_type = ctypes.CFUNCTYPE(None)

    def deeper() -> None:
        frames.append(callback_type(deeper))
        frames[-1]()  # type: ignore[operator]

    sys.setrecursionlimit(1 << 30)
    deeper()


def smash(offset: int, count: int) -> Body:
    """Overwrite so many bytes from an offset to the output."""
    return lambda a, b, c: libc.memset(c.ctypes.data + offset, 0x41, count)


def smash_the_stack(*_: object) -> None:
    lines = Path("/proc/self/maps").read_text().splitlines()
    start, end = next(line for line in lines if "[stack]" in line).split()[0].split("-")
    libc.memset(int(start, 16), 0x41, int(end, 16) - int(start, 16))


def smash_the_heap(*_: object) -> None:
    blocks = [libc.malloc(size) for size in range(24, 4096, 40)]
    for block in blocks:
        libc.memset(block, 0x41, 8192)
    for size in range(24, 4096, 40):
        libc.malloc(size)


def smash_objects(*_: object) -> None:
    """Overwrite what Python has: lists of this module's own, headers first."""
    for victim in [[i] for i in range(1000)]:
        libc.memset(id(victim), 0x41, 40)
        repr(victim)


def allocate_without_end(*_: object) -> None:
    """As the code that we generate: it says what is missing, and aborts."""
    while block := libc.malloc(1 << 24):
        libc.memset(block, 1, 1 << 24)
    libc.perror(b"autosched kernel: no working memory")
    libc.abort()


def allocate_unchecked(*_: object) -> None:
    while True:
        libc.memset(libc.malloc(1 << 24), 1, 1 << 24)


def fork(*_: object) -> None:
    os.fork()


def fork_and_spin(*_: object) -> None:
    if os.fork() == 0:
        spin()


def fork_and_leave_the_group(*_: object) -> None:
    if os.fork() == 0:
        os.setsid()
        spin()


def orphan(*_: object) -> None:
    """The child of a child, which outlives that."""
    child = os.fork()
    if child == 0:
        if os.fork() == 0:
            os.setsid()
            spin()
        os._exit(0)
    os.waitpid(child, 0)


def fork_many(*_: object) -> None:
    for _ in range(8):
        if os.fork() == 0:
            time.sleep(1000)


def fork_and_die(*_: object) -> None:
    """What holds the connection open is not what was asked."""
    if os.fork() == 0:
        spin()
    os._exit(0)


def fork_and_answer(*_: object) -> None:
    if os.fork() == 0:
        for descriptor in sockets():
            os.write(descriptor, b'{"number": 3, "ok": {}}\n')
        os._exit(0)
    time.sleep(0.2)


def start_a_command(*_: object) -> None:
    subprocess.Popen(["sleep", "1000"], start_new_session=True)


def sockets() -> list[int]:
    found = []
    for descriptor in range(256):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{descriptor}").startswith("socket:"):
                found.append(descriptor)
    return found


def writing(data: bytes) -> Body:
    def run(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        for descriptor in sockets():
            os.write(descriptor, data)

    return run


def write_garbage_without_end(*_: object) -> None:
    for descriptor in sockets():
        while True:
            os.write(descriptor, b"x" * 65536)


def shut_the_socket(*_: object) -> None:
    for descriptor in sockets():
        with socket.socket(fileno=os.dup(descriptor)) as end:
            end.shutdown(socket.SHUT_RDWR)


def close_all(*_: object) -> None:
    os.closerange(0, 256)


def close_all_and_spin(*_: object) -> None:
    close_all()
    spin()


def close_the_output(*_: object) -> None:
    os.closerange(0, 3)


def put_another_file_in_their_place(*_: object) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(256):
        if descriptor != null:
            os.dup2(null, descriptor)


def print_without_end(*_: object) -> None:
    while True:
        libc.write(2, b"y" * 65536, 65536)


def crash_later(*_: object) -> None:
    """Something it left behind ends the process when another candidate has its turn."""
    threading.Timer(0.02, lambda: signal.raise_signal(signal.SIGSEGV)).start()


def alarm_later(*_: object) -> None:
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, 0.02)


def round_down(*_: object) -> None:
    libc.fesetround(0x400)


def remove_its_folder(*_: object) -> None:
    folder = Path(f"gone-{os.getpid()}").absolute()
    os.chdir("/tmp")
    here = Path(f"/tmp/{folder.name}")
    here.mkdir()
    os.chdir(here)
    here.rmdir()


calls = 0


def wrong_later(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    global calls
    calls += 1
    if calls > 1:
        c[...] = 0


def permuted(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    c[...] = np.add(a, b)[::-1]


def one_is(value: float) -> Body:
    def run(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        c[2, 3] = value

    return run


def off_by(factor: float) -> Body:
    def run(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
        c *= factor

    return run


def write_to_an_input(a: np.ndarray, b: np.ndarray, c: np.ndarray) -> None:
    a[0, 0] = 7


# ---- what happens while they are built


def failing(error: BaseException) -> Build:
    def build() -> None:
        raise error

    return build


def recurse() -> None:
    def deeper(depth: int) -> int:
        return deeper(depth + 1) + 1

    deeper(0)


def recurse_in_turn() -> None:
    def one() -> None:
        other()

    def other() -> None:
        one()

    one()


def invalid_llvm() -> None:
    compile_text("define void @main() { ret i32 0 }", Target.host())


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError("no text")


def holds_the_interpreter() -> None:
    sum(range(10**12))


def exhausts_memory() -> None:
    kept = []
    while True:
        kept.append(np.empty(1 << 24))


def asks_for_too_much() -> None:
    np.empty(1 << 50)


def exits() -> None:
    os._exit(0)


def prints_a_lot() -> None:
    for _ in range(1000):
        print("y" * 1000)
    signal.raise_signal(signal.SIGSEGV)


def forks_building() -> None:
    os.fork()


def broken_text() -> None:
    os.write(2, b"\xff\xfe half a character \xc3\n")
    os.abort()


def starts_threads() -> None:
    threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()


def lowers_limits() -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


CRASHED, WRONG, BUG = ("crashed",), ("wrong_result",), ("internal_error",)
ANY = ("ok", "crashed")

FAULTS = {
    **{name: Fault(WRONG, says) for name, says in (
        ("wrong", "at c[0, 0], got"), ("incomplete", "at c[3, 5], got"),
        ("beside", "got writes beside it"), ("input", "at c[0, 0]"),
    )},
    "segfault": Fault(CRASHED, "SIGSEGV in the run"),
    "illegal": Fault(CRASHED, "SIGILL in the run"),
    "endless": Fault(("timeout",), "the run took more than 5 s", is_slow=True),
    "missing": Fault(WRONG, "24 of 24 elements are wrong", lambda a, b, c: 0, is_right=False),
    "nan": Fault(WRONG, "at c[2, 3], got nan; 1 of 24", one_is(np.nan)),
    "infinite": Fault(WRONG, "at c[2, 3], got inf; 1 of 24", one_is(np.inf)),
    "minus infinite": Fault(WRONG, "got -inf", one_is(-np.inf)),
    "a little off": Fault(WRONG, "elements are wrong", off_by(1.0001)),
    "rounded": Fault(("ok",), "", off_by(1 + 2.0**-23)),
    "permuted": Fault(WRONG, "elements are wrong", permuted),
    "wrong later": Fault(WRONG, "24 of 24 elements are wrong", wrong_later),
    "writes before": Fault(WRONG, "got writes beside it", smash(-8, 8)),
    "writes to an input": Fault(WRONG, "no writes to the input a, got some", write_to_an_input),
    "bus error": Fault(CRASHED, "SIGBUS", raising_by_default(signal.SIGBUS)),
    "division": Fault(CRASHED, "SIGFPE", raising_by_default(signal.SIGFPE)),
    "trap": Fault(CRASHED, "SIGTRAP", raising_by_default(signal.SIGTRAP)),
    "abort": Fault(CRASHED, "SIGABRT", lambda a, b, c: os.abort()),
    "ends itself": Fault(CRASHED, "SIGTERM", raising_by_default(signal.SIGTERM)),
    "kills itself": Fault(("out_of_memory",), "the system killed", raising(signal.SIGKILL)),
    "ignored signal": Fault(("ok",), "", raising(signal.SIGTERM)),
    "stops itself": Fault(("timeout",), "", raising(signal.SIGSTOP), is_slow=True),
    "stack overflow": Fault(CRASHED, "SIGSEGV", overflow_the_stack),
    "smashed stack": Fault(CRASHED, "SIG", smash_the_stack),
    "smashed heap": Fault(CRASHED, "SIG", smash_the_heap),
    "smashed objects": Fault(CRASHED, "SIG", smash_objects),
    "smashed beyond": Fault((*ANY, *WRONG), "", smash(4096, 1 << 20)),
    "allocates without end": Fault(
        ("out_of_memory",), "no working memory", allocate_without_end
    ),
    "allocates unchecked": Fault(("crashed", "out_of_memory"), "SIG", allocate_unchecked),
    "spins": Fault(("timeout",), "", spin, is_slow=True),
    "spins, signals blocked": Fault(("timeout",), "", spin_with_signals_blocked, is_slow=True),
    "sleeps": Fault(("timeout",), "", lambda a, b, c: signal.pause(), is_slow=True),
    "exits": Fault(CRASHED, "ended with status 3"),
    "exits with 0": Fault(CRASHED, "ended with status 0", lambda a, b, c: os._exit(0)),
    "calls exit": Fault(CRASHED, "ended with status 5", lambda a, b, c: libc.exit(5)),
    "ends its thread": Fault(
        ("timeout", "crashed"), "", lambda a, b, c: libc.pthread_exit(None), is_slow=True
    ),
    "forks": Fault(CRASHED, "it started a process", fork),
    "forks and spins": Fault(CRASHED, "it started a process", fork_and_spin),
    "forks and leaves": Fault(CRASHED, "it started a process", fork_and_leave_the_group),
    "forks many": Fault(CRASHED, "it started a process", fork_many),
    "forks and dies": Fault(CRASHED, "ended with status 0", fork_and_die),
    "forks and answers": Fault(CRASHED, "", fork_and_answer),
    "orphan": Fault(CRASHED, "it started a process", orphan),
    "command": Fault(CRASHED, "it started a process", start_a_command),
    "closes all": Fault(CRASHED, "ended with status", close_all),
    "closes all and spins": Fault(
        ("timeout", "crashed"), "", close_all_and_spin, is_slow=True
    ),
    "closes the output": Fault(("ok",), "", close_the_output),
    "another file": Fault(CRASHED, "", put_another_file_in_their_place, is_slow=True),
    "shuts the socket": Fault(CRASHED, "", shut_the_socket),
    "garbage": Fault(CRASHED, "got b'garbage'", writing(b"garbage\n")),
    "half a line": Fault(CRASHED, "expected a reply from the run, got", writing(b"half")),
    "bytes": Fault(CRASHED, "expected a reply", writing(bytes(range(256)))),
    "a forged reply": Fault(CRASHED, "request 5", writing(b'{"number": 5, "ok": null}\n')),
    "a reply that is none": Fault(CRASHED, "expected a reply", writing(b"[1, 2]\n")),
    "deep garbage": Fault(CRASHED, "expected a reply", writing(b"[" * 100_000 + b"\n")),
    "endless garbage": Fault(CRASHED, "without an end", write_garbage_without_end),
    "prints without end": Fault(("timeout", "crashed"), "", print_without_end, is_slow=True),
    "crashes later": Fault((*ANY,), "", crash_later),
    "an alarm later": Fault((*ANY,), "", alarm_later),
    "rounds down": Fault(("ok",), "", round_down),
    "removes its folder": Fault(("ok",), "", remove_its_folder),
    # while it is built
    "no_kernel": Fault(("build_error",), "expected a nest with code, got none"),
    "refused": Fault(("build_error",), "no nest", build=failing(LoweringError("no nest"))),
    "bug": Fault(BUG, "KeyError: 'a slip of ours'\nTraceback"),
    "assertion": Fault(BUG, "AssertionError", build=failing(AssertionError())),
    "broken nest": Fault(BUG, "VerifyError: a nest", build=failing(VerifyError("a nest"))),
    "no text": Fault(BUG, "Unprintable", build=failing(Unprintable())),
    "half a character": Fault(BUG, "ValueError", build=failing(ValueError("\udc80"))),
    "recursion": Fault(BUG, "RecursionError: maximum", build=recurse),
    "recursion in turn": Fault(BUG, "RecursionError: maximum", build=recurse_in_turn),
    "invalid llvm": Fault(BUG, "text LLVM refuses", build=invalid_llvm),
    "timeout of its own": Fault(BUG, "TimeoutError", build=failing(TimeoutError("ours"))),
    "end of file": Fault(BUG, "EOFError", build=failing(EOFError())),
    "memory": Fault(("out_of_memory",), "", build=failing(MemoryError())),
    "asks for too much": Fault(("out_of_memory",), "allocate", build=asks_for_too_much),
    "exhausts memory": Fault(("out_of_memory",), "allocate", build=exhausts_memory),
    "allocates_natively": Fault(("out_of_memory",), "LLVM ERROR: out of memory"),
    "killed": Fault(("out_of_memory",), "the system killed the process in the build"),
    "builds_for_ever": Fault(("timeout",), "the build took more than 5 s", is_slow=True),
    "holds the interpreter": Fault(("timeout",), "", build=holds_the_interpreter, is_slow=True),
    "dies_building": Fault(CRASHED, "SIGSEGV in the build: the last words"),
    "exits building": Fault(CRASHED, "the build ended with status 0", build=exits),
    "system exit": Fault(CRASHED, "ended with status 4", build=failing(SystemExit(4))),
    "interrupt": Fault(CRASHED, "in the build", build=failing(KeyboardInterrupt())),
    "prints a lot": Fault(CRASHED, "SIGSEGV in the build: yyy", build=prints_a_lot),
    "broken text": Fault(CRASHED, "SIGABRT in the build", build=broken_text),
    "forks building": Fault(CRASHED, "it started a process", build=forks_building),
    "threads": Fault(("ok",), "", build=starts_threads),
    "limits": Fault(("ok",), "", build=lowers_limits),
}  # fmt: skip


def mislabelled(name: str, outcome: Outcome, after: Outcome) -> str:
    """What is wrong with the outcome of a fault and of the good candidate after it; else empty."""
    fault = FAULTS[name]
    if outcome.kind not in fault.kinds or fault.says not in outcome.reason:
        return f"expected {' or '.join(fault.kinds)} that says {fault.says!r}, got {outcome}"
    if not after.ok:
        return f"expected the good candidate after it to be ok, got {after}"
    return ""


def main() -> None:
    chosen = sys.argv[1:] or list(FAULTS)
    bad = 0
    with LocalMeasurer("cpu", options=OPTIONS) as measurer:
        for name in chosen:
            start = time.monotonic()
            outcome, after = measurer.measure("add", [name, "good"])
            problem = mislabelled(name, outcome, after)
            bad += bool(problem)
            told = problem or f"{outcome.kind}: {outcome.reason.splitlines()[:1]}"
            print(f"{name:24} {time.monotonic() - start:5.1f} s  {told[:300]}", flush=True)
    print(json.dumps({"kinds": len(chosen), "survived": len(chosen), "mislabelled": bad}))
    sys.exit(bool(bad))


if __name__ == "__main__":
    main()
