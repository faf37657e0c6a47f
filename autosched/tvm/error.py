"""The errors of `tvm.error`: all are the one that every error here is."""

from __future__ import annotations

from autosched.errors import AutoschedError as TVMError
from autosched.tvm.absent import refusing

DiagnosticError = InternalError = OpError = TVMError

__all__ = ["DiagnosticError", "InternalError", "OpError", "TVMError"]


__getattr__ = refusing(__name__)
