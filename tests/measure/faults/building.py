"""Faults that occur while a candidate is built."""

from __future__ import annotations

import os
import resource
import signal
import threading
import time
from collections.abc import Callable

import numpy as np

from autosched.codegen.compile import compile_text
from autosched.target.target import Target

Build = Callable[[], object]


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
