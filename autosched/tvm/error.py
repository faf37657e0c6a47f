"""The errors of `tvm.error`: all are the one that every error here is."""

from __future__ import annotations

from autosched.errors import AutoschedError as TVMError

DiagnosticError = InternalError = OpError = TVMError

__all__ = ["DiagnosticError", "InternalError", "OpError", "TVMError"]
