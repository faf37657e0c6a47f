"""Names of TVM's `te` that have no counterpart here yet; using one raises NotOfferedError."""

from __future__ import annotations

from typing import NoReturn

from autosched.errors import NotOfferedError, not_offered

NAMES = frozenset(
    [
        "AXIS_SEPARATOR", "SpecializedCondition", "create_schedule_from_op",
        "extern_primfunc",
        "tag_scope", "tensorize", "trace",
    ]
)  # fmt: skip


class Missing:
    """A name that is not offered; calling it or reading an attribute raises NotOfferedError."""

    def __init__(self, name: str):
        self._name = name

    def __call__(self, *args: object, **kwargs: object) -> NoReturn:
        raise self._error()

    def __getattr__(self, attribute: str) -> NoReturn:
        if attribute.startswith("__"):
            raise AttributeError(attribute)
        raise self._error()

    def _error(self) -> NotOfferedError:
        return not_offered(f"te.{self._name}", "dir(autosched.te) lists the names")
