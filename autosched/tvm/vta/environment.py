"""The environment of scripts: names of memories and instructions, and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from autosched.vta import environment


@dataclass(frozen=True)
class Environment(environment.Environment):
    """The environment of `autosched.vta`, with the targets that TVM's scripts ask for."""

    TARGET: ClassVar[str] = "sim"
    target: ClassVar[str] = "ext_dev"
    target_host: ClassVar[str] = "llvm"

    def __enter__(self) -> Environment:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing: the environment has no state."""


def get_env() -> Environment:
    """Return the environment of the default accelerator."""
    return Environment()
