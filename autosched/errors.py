"""All exceptions of the package, and their text.

A message is one sentence: what was expected and what was found. `hint` says what to do next, and
`context` is a text to show below the message, such as a loop nest with a mark at the error. The
command line prints `render(error)` and exits with `error.exit_status`.
"""

from __future__ import annotations


class AutoschedError(RuntimeError):
    """A mistake in a request, or a failure for a known reason.

    Any other exception is a bug in autosched. A candidate that causes one is recorded as an
    `internal_error` with the traceback, not as a failed candidate.
    """

    exit_status = 2

    def __init__(self, message: str, *, hint: str | None = None, context: str | None = None):
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.context = context

    def __str__(self) -> str:
        return render(self)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (type(self), self.message, self.hint, self.context)


class InternalError(Exception):
    """A bug in autosched that was detected, such as generated code that LLVM refuses.

    It is no `AutoschedError`, so that it is never handled as a mistake in a request. If it
    occurred in another process, the message has the traceback.
    """


class SettingsError(AutoschedError):
    """An environment variable with an invalid value, or a missing home directory."""


class ExpressionError(AutoschedError):
    """An invalid tensor expression: a wrong dtype, shape or operator."""


class ScheduleError(AutoschedError):
    """A schedule primitive that cannot be applied."""


class RuleError(AutoschedError):
    """A user's rule of a space that fails, or returns something else than proposals."""


class LoweringError(AutoschedError):
    """A schedule that cannot be lowered to a loop nest."""


class CapacityError(LoweringError):
    """A schedule that needs more of a memory than the target has."""


class VerifyError(AutoschedError):
    """A loop nest that breaks an invariant: a bug in a pass or in a nest written by hand."""

    exit_status = 1


class CodegenError(AutoschedError):
    """A loop nest for which no code can be generated."""

    exit_status = 1


class ArgumentError(AutoschedError):
    """Arguments that do not match the signature of a kernel."""


class WorkloadError(AutoschedError):
    """A workload that is not registered or cannot be loaded, or invalid parameters of one."""


class GraphError(AutoschedError):
    """A graph of operators that is malformed, or inputs that do not fit it."""


class OptionError(GraphError, TypeError):
    """An option that a function has not; Python calls it a TypeError."""


class TargetError(AutoschedError):
    """A target that does not exist, or whose code this machine cannot run."""


class DatabaseError(AutoschedError):
    """A tuning database that cannot be opened, read or written."""


class CostModelError(AutoschedError):
    """A cost model's file that cannot be used, or its library that is not installed."""


class MeasureError(AutoschedError):
    """A measurement that cannot continue: workers cannot be started or die repeatedly."""

    exit_status = 1


class AcceleratorError(AutoschedError):
    """A configuration, an instruction or a program that is invalid for the accelerator."""


class NotOfferedError(AutoschedError):
    """A name of another system that has no counterpart here yet."""


class NameNotOfferedError(NotOfferedError, AttributeError):
    """A name of another system that a module here lacks, so that `hasattr` is False."""


def not_offered(name: str, hint: str | None = None) -> NotOfferedError:
    """Return the error for a name of another system that has no counterpart here yet."""
    return NotOfferedError(_not_offered_yet(name), hint=hint)


def name_not_offered(name: str, hint: str | None = None) -> NameNotOfferedError:
    """Return the error of a `__getattr__` for such a name."""
    return NameNotOfferedError(_not_offered_yet(name), hint=hint)


def _not_offered_yet(name: str) -> str:
    return f"expected a name that autosched has, got {name}, which is not offered yet"


def a_kind(value: object) -> str:
    """Return the type of a value with an article: `an int`, `a list`."""
    kind = type(value).__name__
    return f"{'an' if kind[0].lower() in 'aeio' else 'a'} {kind}"


def render(error: AutoschedError) -> str:
    """Return the error as text: the message, then the context and the hint, if there are any."""
    lines = [error.message]
    if error.context:
        lines += ["  " + line for line in error.context.splitlines()]
    if error.hint:
        lines.append(f"hint: {error.hint}")
    return "\n".join(lines)


def _rebuild(
    kind: type[AutoschedError], message: str, hint: str | None, context: str | None
) -> AutoschedError:
    return kind(message, hint=hint, context=context)
