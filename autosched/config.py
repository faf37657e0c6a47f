"""Settings of a run, and the only reader of the environment."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

DATABASE_VARIABLE = "AUTOSCHED_DB"


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run takes from its surroundings.

    `database` is the tuning database used when none is named.
    """

    database: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """The settings as the environment has them; a variable that is empty counts as unset.

        `AUTOSCHED_DB` names the tuning database; without it the file lies in the user's
        data directory, wherever the operating system keeps that.
        """
        variables = os.environ if environment is None else environment
        named = variables.get(DATABASE_VARIABLE, "")
        return cls(database=Path(named).expanduser() if named else default_database())


def child_environment(**changes: str) -> dict[str, str]:
    """This process's environment with some variables changed, for a process it starts."""
    return {**os.environ, **changes}


@contextmanager
def environment_defaults(unless: str, **values: str) -> Iterator[None]:
    """Set variables while the block runs, but none where the user has set one or `unless`."""
    added = {} if unless in os.environ else {k: v for k, v in values.items() if k not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def default_database() -> Path:
    """The tuning database in the user's data directory; the file need not exist."""
    from platformdirs import user_data_path  # imported late: most imports never need it

    return user_data_path("autosched", appauthor=False) / "tuning.db"
