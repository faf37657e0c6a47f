"""Functions that depend on the target: an implementation for each key, such as `cpu`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper
from typing import Any

from autosched.errors import ScheduleError

Function = Callable[..., Any]


AROUND: list[Any] = []
"""The targets of the `with` statements around, the innermost last: one stack for all, as in TVM."""


class GenericFunction:
    """A function that calls its implementation for the first key of the target around the call.

    Without a target, and where no key has one, it calls `fdefault`.
    """

    def __init__(self, fdefault: Function):
        self.fdefault = fdefault
        self.dispatch_dict: dict[str, Function] = {}
        update_wrapper(self, fdefault)

    def register(
        self, key: str | Sequence[str], func: Function | None = None, override: bool = True
    ) -> Any:
        """Take the implementation for a key or several; without `func`, as a decorator.

        Raises ScheduleError for a key that has one, unless it may be replaced.
        """
        keys = (key,) if isinstance(key, str) else tuple(key)

        def register(implementation: Function) -> Function:
            known = [each for each in keys if each in self.dispatch_dict]
            if known and not override:
                raise ScheduleError(f"expected keys without a function, got {', '.join(known)}")
            self.dispatch_dict.update(dict.fromkeys(keys, implementation))
            return implementation

        return register if func is None else register(func)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        for key in AROUND[-1].keys if AROUND else ():
            if key in self.dispatch_dict:
                return self.dispatch_dict[key](*args, **kwargs)
        return self.fdefault(*args, **kwargs)


_named: dict[str, GenericFunction] = {}


def generic_func(fdefault: Function) -> GenericFunction:
    """Return a function with `fdefault` as what it calls by default."""
    return GenericFunction(fdefault)


def override_native_generic_func(func_name: str) -> Callable[[Function], GenericFunction]:
    """Return a decorator that makes a function with a name, by which it is found again."""

    def named(fdefault: Function) -> GenericFunction:
        return _named.setdefault(func_name, GenericFunction(fdefault))

    return named
