"""Groups of commands that are imported when they are needed."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from keyword import iskeyword
from typing import Any

import click


class LazyGroup(click.Group):
    """A group of commands, each the `command` of a module of `package` with its name.

    A module is imported when its command is needed. Its name has an underscore at the end if the
    command's name is a keyword of Python.
    """

    def __init__(self, *args: Any, package: str, names: Sequence[str], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self._package = package
        self._names = list(names)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return self._names

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._names:
            return None
        module = f"{self._package}.{cmd_name}{'_' * iskeyword(cmd_name)}"
        command: click.Command = importlib.import_module(module).command
        return command
