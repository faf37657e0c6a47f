"""Every exception of the package, and the one renderer of them.

A message is one sentence: what was expected and what was found. `hint` says what to do
next and `context` is a piece of text to show below it, such as a loop nest with the spot
marked. The command line prints `render(error)` and exits with `error.exit_status`.
"""

from __future__ import annotations


class AutoschedError(Exception):
    """A mistake in what was asked for, or work that failed for a reason we know.

    Anything else that escapes the package is a bug of ours. A candidate that meets one is
    recorded as an `internal_error`, with the traceback, and never as one that failed.
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
    """A bug of ours that we noticed, such as code of our own that LLVM refuses.

    No `AutoschedError`: nothing that expects a mistake in what was asked for may take it for
    one. Where it is another process's, the message has the traceback there.
    """


class SettingsError(AutoschedError):
    """A variable of the environment that makes no sense, or a home directory that is not there."""


class ExpressionError(AutoschedError):
    """A tensor expression that has no meaning: a dtype, a shape, an operator misused."""


class ScheduleError(AutoschedError):
    """A schedule primitive that cannot be applied where it was asked for."""


class LoweringError(AutoschedError):
    """A schedule that has no loop nest."""


class RoomError(LoweringError):
    """A schedule that needs more of a memory than there is."""


class VerifyError(AutoschedError):
    """A loop nest that breaks an invariant; always a bug in a pass or in a hand-made nest."""

    exit_status = 1


class CodegenError(AutoschedError):
    """A loop nest for which the target has no code."""

    exit_status = 1


class ArgumentError(AutoschedError):
    """A kernel called with arguments it was not built for."""


class WorkloadError(AutoschedError):
    """A workload that is not registered, cannot be loaded or refuses its parameters."""


class TargetError(AutoschedError):
    """A target that does not exist or that this machine cannot run."""


class DatabaseError(AutoschedError):
    """A tuning database that cannot be opened, read or written."""


class CostModelError(AutoschedError):
    """A cost model's file that cannot be used."""


class MeasureError(AutoschedError):
    """Measuring could not go on: the workers cannot be started or keep dying."""

    exit_status = 1


class AcceleratorError(AutoschedError):
    """A configuration, an instruction or a program that the accelerator cannot take."""


class NotOfferedError(AutoschedError):
    """A name of another system that has no counterpart here yet."""


def render(error: AutoschedError) -> str:
    """The error as text: the sentence, then the context and the hint where there are any."""
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
