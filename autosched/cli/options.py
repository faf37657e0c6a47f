"""The arguments and options of several commands."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from autosched.backends.kinds import usage
from autosched.cli.complete import parameter_names, target_names, workload_names
from autosched.cli.given import FALLBACKS
from autosched.config import Settings
from autosched.errors import WorkloadError

if TYPE_CHECKING:
    from autosched.backends.base import Backend
    from autosched.ops.instance import WorkloadInstance
    from autosched.tuning_logs.sqlite_store import SqliteStore

Command = TypeVar("Command", bound=Callable[..., Any])

MAX_THREADS = 1024
"""The most threads that may be asked for: starting many more could end the process."""

json_option = click.option(
    "--json", is_flag=True, expose_value=False, help="Print one JSON document, and no more."
)
database_option = click.option(
    "--db",
    "database",
    type=click.Path(path_type=Path),
    help="The tuning database; by default AUTOSCHED_DB, else one in the user's data directory.",
)
target_option = click.option(
    "--target",
    default="cpu",
    show_default=True,
    shell_complete=target_names,
    help=f"What to make code for: {usage()}.",
)
chosen_target_option = click.option(
    "--target", shell_complete=target_names, help=f"Only what is of this target: {usage()}."
)
_threads_option = click.option(
    "--threads",
    type=click.IntRange(0, MAX_THREADS),
    default=0,
    help="How many cores a parallel loop gets, or simulate at once; 0, the default, for all.",
)
_tolerance_option = click.option(
    "--tolerance",
    type=click.FloatRange(0, 1),
    help="The largest rounding error of another algorithm, such as Winograd's; with 0 all is "
    "computed as written. By default 1e-4; times of each are kept apart.",
)

size_option = click.option(
    "--size", "sizes", multiple=True, metavar="NAME=N", help="The value of a symbolic size."
)


def machine_options(command: Command) -> Command:
    """Add `--target`, `--threads`, `--tolerance`, `--db` and `--json`.

    The command gets all but the last.
    """
    return target_option(_threads_option(_tolerance_option(database_options(command))))


def database_options(command: Command) -> Command:
    """Add `--db` and `--json`; the command gets `database`."""
    return database_option(json_option(command))


def model_options(command: Command) -> Command:
    """`--input`, `--fallback` and `--size`: the command gets `inputs`, `fallback` and `sizes`."""
    given = click.option(
        "--input",
        "inputs",
        multiple=True,
        metavar="NAME=FILE.npy",
        help="An input of a model: an array in a file, or numbers as in NAME=[1,2].",
    )
    fallback = click.option(
        "--fallback",
        type=click.Choice(FALLBACKS),
        help="The library that runs what is not supported of a model.",
    )
    for option in (size_option, fallback, given):
        command = option(command)
    return command


def workload_arguments(command: Command, required: bool = True) -> Command:
    """Add `WORKLOAD [KEY=VALUE]...`; the command gets `workload` and `parameters`."""
    parameters = click.argument(
        "parameters", nargs=-1, metavar="[KEY=VALUE]...", shell_complete=parameter_names
    )
    workload = click.argument("workload", required=required, shell_complete=workload_names)
    return workload(parameters(command))


optional_workload_arguments = partial(workload_arguments, required=False)


def resolved(workload: str, parameters: Sequence[str]) -> WorkloadInstance:
    """Return the workload that a command line names. Raises WorkloadError."""
    from autosched.ops import resolve

    return resolve(workload, keyed(parameters))


def identity(workload: WorkloadInstance, sizes: Mapping[str, int] | None = None) -> dict[str, Any]:
    """Return the workload as a JSON object; `key` is its key in a database."""
    from autosched.search.task import content_of
    from autosched.tuning_logs import content_key

    key = content_key(content_of(workload, sizes or {}))
    found = {"name": workload.name, "params": workload.params, "key": key}
    return {**found, "sizes": dict(sizes)} if sizes else found


def keyed(parameters: Sequence[str]) -> dict[str, str]:
    """Return words KEY=VALUE as a dict. Raises WorkloadError for another word or a repeated key."""
    values: dict[str, str] = {}
    for word in parameters:
        key, equals, value = word.partition("=")
        if not equals or not key.isidentifier():
            raise WorkloadError(
                f"expected a parameter as KEY=VALUE, got {word!r}",
                hint="for example: matmul m=512 n=512 k=512",
            )
        if key in values:
            raise WorkloadError(f"expected the parameter {key} once, got {word!r} as well")
        values[key] = value
    return values


def sized(words: Sequence[str], workload: WorkloadInstance) -> dict[str, int]:
    """Return a value for each symbolic size of the workload. Raises WorkloadError."""
    known = [size.name for size in workload.sizes]
    given = keyed(words)
    if set(given) != set(known):
        raise WorkloadError(
            f"expected values of the sizes of {workload.name} ({', '.join(known) or 'none'}), "
            f"got {', '.join(given) or 'none'}",
            hint=f"for example --size {known[0]}=512" if known else None,
        )
    for name, value in given.items():
        if not value.isdecimal() or not int(value):
            raise WorkloadError(f"expected a positive number for the size {name}, got {value!r}")
    return {name: int(value) for name, value in given.items()}


def machine(text: str, threads: int = 0, tolerance: float | None = None) -> Backend:
    """Return the target that a command line names. Raises TargetError."""
    from autosched.backends.parse import parse

    return parse(text).configured(threads, tolerance=tolerance)


def database_path(named: Path | None) -> Path:
    """Return the path of the named database, by default the one of the settings."""
    return named if named is not None else Settings.from_environment().database


def salvaged(named: Path | None) -> SqliteStore:
    """Open the database to read all readable records of it. Raises DatabaseError."""
    from autosched.tuning_logs import open_store

    return open_store(database_path(named), salvage=True)


def opened(named: Path | None, *, read_only: bool = True) -> SqliteStore:
    """Open the database. Raises DatabaseError."""
    from autosched.tuning_logs import open_store

    return open_store(database_path(named), read_only=read_only)


def changed(named: Path | None) -> SqliteStore:
    """Open an existing database to change it. Raises DatabaseError."""
    opened(named).close()  # this raises if there is none, and creates nothing
    return opened(named, read_only=False)
