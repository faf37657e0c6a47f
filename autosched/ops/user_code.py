"""Errors of a user's code, with the line of the user's file that caused them."""

from __future__ import annotations

import linecache
import sysconfig
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from autosched.errors import AutoschedError, WorkloadError

_OURS = str(Path(__file__).parents[1])
_INSTALLED = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))


@contextmanager
def user_code(place: str) -> Iterator[None]:
    """Run a user's code and raise WorkloadError for its exceptions, including `SystemExit`.

    An AutoschedError passes, with the line of the user's code that caused it as its context.
    """
    try:
        yield
    except AutoschedError as error:
        error.context = error.context or line_of(error)
        raise
    except (Exception, SystemExit) as error:
        raise failed(place, error) from error


def failed(place: str, error: BaseException) -> WorkloadError:
    """Return the WorkloadError for an exception that code in `place` raised."""
    hint = "code that only the script should run belongs below if __name__ == '__main__'"
    return WorkloadError(
        f"expected the workload's code in {place} to run, got {described(error)}",
        hint=hint if isinstance(error, SystemExit) else None,
    )


def described(error: BaseException) -> str:
    """Return an exception of a user's code in words, with the line that raised it."""
    line = line_of(error)
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return " ".join(said.split()) + (f" ({line})" if line else "")


def line_of(error: BaseException) -> str | None:
    """Return the innermost line of the user's code, or of a library if there is none."""
    places = [(f.filename, f.lineno) for f in traceback.extract_tb(error.__traceback__)]
    if isinstance(error, SyntaxError):
        places.append((error.filename or "<", error.lineno))
    outside = [p for p in places if not p[0].startswith(("<", _OURS))]
    own = [p for p in outside if not p[0].startswith(_INSTALLED)] or outside
    if not own:
        return None
    file, number = own[-1]
    code = linecache.getline(file, number or 0).strip()
    return f"{Path(file).name}, line {number}" + (f": {code}" if code else "")
