"""The tag of the operations computed inside a `with te.tag_scope(...)`."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any

_current: ContextVar[str] = ContextVar("tag", default="")

current_tag: Callable[[], str] = _current.get
"""Return the tag of the scope around the caller, or an empty one."""


class TagScope:
    """A scope in which operations get a tag: a context, or a decorator of functions."""

    def __init__(self, tag: str):
        self._tag = tag

    def __enter__(self) -> TagScope:
        if current_tag():
            raise ValueError("expected one tag_scope at a time, got one inside of another")
        self._token = _current.set(self._tag)
        return self

    def __exit__(self, *exception: object) -> None:
        _current.reset(self._token)

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(function)
        def tagged(*args: Any, **kwargs: Any) -> Any:
            with TagScope(self._tag):
                return function(*args, **kwargs)

        return tagged
