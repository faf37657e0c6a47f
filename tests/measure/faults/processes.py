"""Kernels that start processes, and kernels that misuse the descriptors of the worker."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from contextlib import suppress

import numpy as np

from tests.measure.faults.kernels import spin
from tests.measure.faults.native import Body, libc


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
    """Start a grandchild that outlives the child."""
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
    """Leave a child that keeps the connection open."""
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


def replace_all_descriptors(*_: object) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(256):
        if descriptor != null:
            os.dup2(null, descriptor)


def print_without_end(*_: object) -> None:
    while True:
        libc.write(2, b"y" * 65536, 65536)
