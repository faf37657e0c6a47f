"""The standard streams of commands, which may be closed or full, or lack characters."""

from __future__ import annotations

import codecs
import os
from contextlib import suppress
from typing import Any, TextIO

from autosched.errors import AutoschedError

_PLAIN = "autosched.plain"
_SPELLED = {"µ": "u", "×": "x"}


class OutputError(AutoschedError):
    """Standard output cannot be written to."""

    exit_status = 1


class StandardOutput:
    """Standard output; after a write that fails, nothing is written any more.

    A failed write raises OutputError, or BrokenPipeError if the reader has ended, as `head` does.
    """

    def __init__(self, stream: Any):
        self._stream = _spelling(stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        if not isinstance(text, str):  # click asks so whether this is a binary stream
            raise TypeError(f"expected text to write, got {type(text).__name__}")
        return self._tried("write", text) if text else 0

    def flush(self) -> None:
        self._tried("flush")

    def _tried(self, what: str, *arguments: str) -> Any:
        if self._stream is None:
            self._discard()
            raise OutputError("expected standard output to write to, got it closed")
        try:
            return getattr(self._stream, what)(*arguments)
        except BrokenPipeError:
            self._discard()
            raise
        except OSError as error:
            self._discard()
            raise OutputError(
                f"expected standard output to take what is written, got: {error.strerror}"
            ) from error

    def _discard(self) -> None:
        """Discard what is still in the buffer, which Python would write at exit."""
        nowhere = _nowhere()
        with suppress(AttributeError, OSError):  # closed; in memory
            os.dup2(nowhere.fileno(), self._stream.fileno())
        self._stream = nowhere


class StandardError:
    """Standard error; what cannot be written to it is dropped, and the command goes on."""

    def __init__(self, stream: Any):
        self._stream = _nowhere() if stream is None else _spelling(stream)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()


def occupy_closed_descriptors() -> None:
    """Open the standard descriptors that are closed, so that no file of ours gets their number."""
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        os.set_inheritable(descriptor, True)
    os.close(descriptor)


def _nowhere() -> TextIO:
    return open(os.devnull, "w", encoding="utf-8")


def _spelling(stream: Any) -> Any:
    """Let a stream spell the characters that its encoding lacks with others; return it."""
    with suppress(AttributeError):
        stream.reconfigure(errors=_PLAIN)
    return stream


def _spelled(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeEncodeError)
    lacking = error.object[error.start : error.end]
    plain = (_SPELLED.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking)
    return "".join(plain), error.end


codecs.register_error(_PLAIN, _spelled)
