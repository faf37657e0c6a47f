"""The error for what TVM has and this module has not."""

from __future__ import annotations

from autosched.errors import NotOfferedError


def not_offered(name: str, hint: str | None = None) -> NotOfferedError:
    return NotOfferedError(
        f"expected a name that autosched.tvm has, got {name}, which is not offered yet", hint=hint
    )
