"""The command line: a file a command. `main` is what the console script calls."""

from autosched.cli.app import main

__all__ = ["main"]
