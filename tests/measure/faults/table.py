"""All faults by name."""

from __future__ import annotations

import os
import signal
from dataclasses import dataclass

import numpy as np

from autosched.errors import LoweringError, VerifyError
from autosched.measure.outcome import Outcome
from tests.measure.faults.building import (
    Build,
    Unprintable,
    asks_for_too_much,
    broken_text,
    exhausts_memory,
    exits,
    failing,
    forks_building,
    holds_the_interpreter,
    invalid_llvm,
    lowers_limits,
    prints_a_lot,
    recurse,
    recurse_in_turn,
    starts_threads,
)
from tests.measure.faults.kernels import (
    alarm_later,
    allocate_unchecked,
    allocate_without_end,
    crash_later,
    off_by,
    one_is,
    overflow_the_stack,
    permuted,
    raising,
    raising_by_default,
    remove_its_folder,
    round_down,
    smash,
    smash_objects,
    smash_the_heap,
    smash_the_stack,
    spin,
    spin_with_signals_blocked,
    write_to_an_input,
    wrong_later,
)
from tests.measure.faults.native import Body, libc
from tests.measure.faults.processes import (
    close_all,
    close_all_and_spin,
    close_the_output,
    fork,
    fork_and_answer,
    fork_and_die,
    fork_and_leave_the_group,
    fork_and_spin,
    fork_many,
    orphan,
    print_without_end,
    replace_all_descriptors,
    shut_the_socket,
    start_a_command,
    write_garbage_without_end,
    writing,
)


@dataclass(frozen=True)
class Fault:
    """A faulty candidate, and the kinds and a part of the reason that its outcome may have.

    `run` is the body of its kernel, called after a correct one if `is_right`. `build` is called
    while it is compiled. A fault that `is_slow` takes the full timeout.
    """

    kinds: tuple[str, ...]
    says: str = ""
    run: Body | None = None
    build: Build | None = None
    is_right: bool = True
    is_slow: bool = False


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
    "another file": Fault(CRASHED, "", replace_all_descriptors, is_slow=True),
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
    "builds_forever": Fault(("timeout",), "the build took more than 5 s", is_slow=True),
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
    """Return what is wrong with the outcomes of a fault and of the good candidate after it."""
    fault = FAULTS[name]
    if outcome.kind not in fault.kinds or fault.says not in outcome.reason:
        return f"expected {' or '.join(fault.kinds)} that says {fault.says!r}, got {outcome}"
    if not after.ok:
        return f"expected the good candidate after it to be ok, got {after}"
    return ""
