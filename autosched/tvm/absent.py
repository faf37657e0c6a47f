"""Modules of TVM that may be imported, though nothing of them is offered."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from types import ModuleType
from typing import NoReturn

from autosched.errors import not_offered

HINT = "docs/tvm.md says what is there"


class AbsentModule(ModuleType):
    """A module whose every use is refused by its name, so that an unused import does no harm."""

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise not_offered(f"{self.__name__.removeprefix('autosched.')}.{name}", HINT)


def absent(package: str, names: Sequence[str]) -> dict[str, AbsentModule]:
    """Return absent modules of a package by their names; `import` finds them from now on."""
    made = {name: AbsentModule(f"{package}.{name}") for name in names}
    sys.modules.update({module.__name__: module for module in made.values()})
    return made
