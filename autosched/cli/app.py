"""The command itself: finds the subcommand, prints its reply, turns errors into exit statuses."""

from __future__ import annotations

import atexit
import contextlib
import gc
import logging
import sys
import traceback
from collections.abc import Iterator, Sequence
from typing import Any, NoReturn, TextIO, cast

import click

from autosched import __version__
from autosched.cli.group import LazyGroup
from autosched.cli.reply import DONE, FAILED, INTERRUPTED, WRONG_REQUEST, Reply, json_text
from autosched.cli.signals import interrupted_by_requests_to_end
from autosched.cli.streams import (
    OutputError,
    StandardError,
    StandardOutput,
    occupy_closed_descriptors,
)
from autosched.errors import AutoschedError, render
from autosched.text import printable

BUG = "expected no bug in autosched, got the one above; please report it with these lines"
_HELP = {"help_option_names": ["-h", "--help"]}


class Application(LazyGroup):
    """Commands return a `Reply`; this prints it, as JSON where `--json` was given.

    With `--json` the document is all that reaches standard output. An error is a sentence on
    standard error, and with `--json` also a document `{"error": {...}}`.
    """

    def main(self, args: Sequence[str] | None = None, *_: Any, **extra: Any) -> NoReturn:
        given = list(sys.argv[1:] if args is None else args)
        as_json = "--json" in given
        atexit.register(gc.freeze)  # nothing is collected at the end: 0.3 s after a search
        occupy_closed_descriptors()
        output, errors = StandardOutput(sys.stdout), StandardError(sys.stderr)
        extra["standalone_mode"] = False
        with (
            contextlib.redirect_stderr(cast(TextIO, errors)),
            contextlib.redirect_stdout(cast(TextIO, errors if as_json else output)),
            interrupted_by_requests_to_end(),
            _warnings_told(),
        ):
            try:
                status = self._answered(given, as_json, output, extra)
            except BrokenPipeError:
                status = DONE
        sys.exit(status)

    def _answered(self, given: list[str], as_json: bool, output: Any, extra: Any) -> int:
        try:
            return _printed(super().main(given, **extra), as_json, output)
        except BrokenPipeError:
            raise
        except Exception as error:
            status, document = _told(error)
        if as_json:
            with contextlib.suppress(OutputError):  # standard error says what went wrong
                click.echo(json_text({"error": document}), file=output)
        return status


def _told(error: Exception) -> tuple[int, dict[str, Any]]:
    """Print an error on standard error; return the exit status, and the error as a document."""
    status, message, hint, kind = FAILED, BUG, None, type(error).__name__
    match error:
        case AutoschedError():
            click.echo(printable(f"autosched: {render(error)}"), err=True)
            status, message, hint = error.exit_status, error.message, error.hint
        case click.ClickException():
            error.show(sys.stderr)
            status, message, kind = WRONG_REQUEST, error.format_message(), "UsageError"
        case MemoryError():
            message = f"expected enough memory for it, got too little: {error}"
            click.echo(f"autosched: {message}", err=True)
        case click.Abort():
            click.echo("autosched: interrupted", err=True)
            status, message, kind = INTERRUPTED, "interrupted", "Interrupted"
        case _:
            traceback.print_exception(error, file=sys.stderr)
            click.echo(f"autosched: {BUG}", err=True)
    return status, {"kind": kind, "message": message, "hint": hint}


def _printed(reply: Any, as_json: bool, output: Any) -> int:
    """Print the reply of a command; return its exit status."""
    if not isinstance(reply, Reply):  # help, the version
        output.flush()
        return DONE
    text = json_text(reply.document) if as_json else printable(reply.text)
    if text:
        click.echo(text, file=output)
    output.flush()
    return reply.status


class _Warnings(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        click.echo(printable(f"autosched: {record.getMessage()}"), err=True)


@contextlib.contextmanager
def _warnings_told() -> Iterator[None]:
    """Print the warnings of the package on standard error while the block runs."""
    logger, handler = logging.getLogger("autosched"), _Warnings(logging.WARNING)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


main = Application(
    name="autosched",
    help="A tensor compiler that tunes itself.",
    epilog="Exit status: 0 done, 1 the work failed, 2 the request was wrong, 130 after Ctrl-C.",
    context_settings=_HELP,
    package=__name__.rpartition(".")[0],
    names=("tune", "run", "show", "explain", "space", "db", "workloads", "target", "cache"),
)
main = click.version_option(__version__, prog_name="autosched", message="%(prog)s %(version)s")(
    main
)
