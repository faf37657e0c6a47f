"""Kernels that crash, hang, damage memory or compute wrong results."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
from pathlib import Path

import numpy as np

from tests.measure.faults.native import Body, libc


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
    """Overwrite `count` bytes from an offset to the output."""
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
    """Overwrite Python objects: the headers of many lists."""
    for victim in [[i] for i in range(1000)]:
        libc.memset(id(victim), 0x41, 40)
        repr(victim)


def allocate_without_end(*_: object) -> None:
    """Allocate until memory runs out, then print a message and abort, as generated code does."""
    while block := libc.malloc(1 << 24):
        libc.memset(block, 1, 1 << 24)
    libc.perror(b"autosched kernel: no working memory")
    libc.abort()


def allocate_unchecked(*_: object) -> None:
    while True:
        libc.memset(libc.malloc(1 << 24), 1, 1 << 24)


def crash_later(*_: object) -> None:
    """Start a timer that crashes the process during a later candidate."""
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
