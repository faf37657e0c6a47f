"""Whether a formula is being read: a function that a user gave, called with variables.

There `a == b` must stay an expression. Python's `if a == b` would decide it once, for all
values of the variables, so a truth value is refused there and is identity elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_reading: ContextVar[bool] = ContextVar("reading", default=False)

is_being_read: Callable[[], bool] = _reading.get
"""Whether a formula is being read now, by this thread."""


def read(formula: Callable[..., Any], *variables: Any) -> Any:
    """What `formula` returns for the variables."""
    token = _reading.set(True)
    try:
        return formula(*variables)
    finally:
        _reading.reset(token)
