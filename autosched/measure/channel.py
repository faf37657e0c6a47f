"""Numbered messages between a measurer and a worker: lines of JSON on a socket.

A reply repeats the number of its request. A reply with an older number is late and is dropped;
any other message is an error. The first number is random, so that a candidate that writes to
the socket cannot produce a valid reply by chance.
"""

from __future__ import annotations

import json
import secrets
import select
import socket
import time
from typing import Any

Plain = dict[str, Any]

MAX_BYTES = 16 << 20
"""The maximum length of a reply; a longer message is an error."""

_NUMBER_BITS = 48
_PIECE = 1 << 16
_NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)


class Garbled(Exception):
    """The message received is not a reply to the request."""


class Requests:
    """The measurer's end. The descriptor `ended` becomes readable when the worker ends.

    The socket alone may stay open: a process that a candidate started may hold it.
    """

    def __init__(self, end: socket.socket, ended: int | None):
        self._end = end
        self._first = self._number = secrets.randbits(_NUMBER_BITS)
        self._buffer = bytearray()
        self._poll = select.poll()
        self._poll.register(end, select.POLLIN)
        if ended is not None:
            self._poll.register(ended, select.POLLIN)

    def ask(self, request: Plain, deadline_s: float) -> Plain:
        """Send a request and return its reply.

        Raises TimeoutError if none arrives within `deadline_s`, Garbled if another message
        arrives, and EOFError or OSError if the worker has ended.
        """
        deadline = time.monotonic() + deadline_s
        self._number += 1
        line = json.dumps({"number": self._number, "request": request}).encode() + b"\n"
        self._end.settimeout(deadline_s)
        self._end.sendall(line, _NO_SIGNAL)
        self._end.settimeout(0)
        while True:
            reply = self._parsed(self._line(deadline))
            if reply["number"] == self._number:
                return reply

    def close(self) -> None:
        self._end.close()

    def _line(self, deadline: float) -> bytes:
        while (length := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > MAX_BYTES:
                raise Garbled(f"more than {MAX_BYTES} bytes without an end")
            self._read(deadline)
        line = bytes(self._buffer[:length])
        del self._buffer[: length + 1]
        return line

    def _read(self, deadline: float) -> None:
        left_s = max(0.0, deadline - time.monotonic())
        ready = [descriptor for descriptor, _ in self._poll.poll(left_s * 1e3)]
        if not ready:
            raise TimeoutError
        # A worker that has ended may have sent its reply before.
        piece = self._end.recv(_PIECE) if self._end.fileno() in ready else b""
        if not piece:
            raise EOFError
        self._buffer += piece

    def _parsed(self, line: bytes) -> Plain:
        try:
            reply = json.loads(line)
        except (ValueError, RecursionError):
            reply = None
        if not isinstance(reply, dict) or not isinstance(reply.get("number"), int):
            raise Garbled(repr(line[:80]))
        if not self._first < reply["number"] <= self._number:
            raise Garbled(f"the reply to request {reply['number']}")
        return reply


class Replies:
    """The worker's end."""

    def __init__(self, end: socket.socket):
        self._end = end
        self._lines = end.makefile("rb")
        self._number = 0

    def next(self) -> Plain | None:
        """Wait for the next request and return it; None when the measurer has ended."""
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            return None
        message = json.loads(line)
        self._number = message["number"]
        request: Plain = message["request"]
        return request

    def send(self, reply: Plain) -> None:
        """Send the reply to the last request."""
        self._end.sendall(json.dumps({"number": self._number, **reply}).encode() + b"\n")
