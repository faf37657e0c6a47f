"""Calling the command line in this process."""

import json
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner

from autosched.cli import main
from autosched.cli.app import BUG


@dataclass(frozen=True)
class Call:
    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Return standard output, which must be one JSON document."""
        return json.loads(self.out)


def call(*args: str) -> Call:
    """Run the command with these arguments; an unexpected error fails the test."""
    result = CliRunner().invoke(main, list(args), prog_name="autosched")
    assert BUG not in result.stderr, result.stderr
    return Call(result.exit_code, result.stdout, result.stderr)


def refused(*args: str, status: int = 2) -> str:
    """Return the error of a command that must fail; with --json the document must have it too."""
    done = call(*args)
    assert (done.status, done.out) == (status, ""), done
    assert "Traceback" not in done.err
    as_json = call(*args, "--json")
    assert as_json.status == status
    assert set(as_json.document) == {"error"}
    assert set(as_json.document["error"]) == {"kind", "message", "hint"}
    return done.err
