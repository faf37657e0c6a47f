"""A flag that is set while a user's formula is called with variables.

There `a == b` must stay an expression. Python's `if a == b` would decide it once, for all
values of the variables, so a truth value is refused there and is identity elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

_reading: ContextVar[bool] = ContextVar("reading", default=False)

is_being_read: Callable[[], bool] = _reading.get
"""Tell whether this thread is calling a formula now."""


def read(formula: Callable[..., Any], *variables: Any) -> Any:
    """Return `formula(*variables)`, in which a truth value of `a == b` is refused."""
    token = _reading.set(True)
    try:
        return formula(*variables)
    finally:
        _reading.reset(token)
