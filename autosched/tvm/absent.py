"""Names of TVM that are not offered: modules that may be imported, and names in modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import NoReturn

from autosched.errors import not_offered

HINT = "docs/tvm.md says what is there"


def refusing(module: str) -> Callable[[str], NoReturn]:
    """Return the `__getattr__` of a module, which refuses every name that the module lacks."""

    def refuse(name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        raise not_offered(f"{module.removeprefix('autosched.')}.{name}", HINT)

    return refuse


class AbsentModule(ModuleType):
    """A module whose every use is refused by its name, so that an unused import does no harm."""

    def __getattr__(self, name: str) -> NoReturn:
        refusing(self.__name__)(name)


def absent(package: str, names: Sequence[str]) -> dict[str, AbsentModule]:
    """Return absent modules of a package by their names; `import` finds them from now on."""
    made = {name: AbsentModule(f"{package}.{name}") for name in names}
    sys.modules.update({module.__name__: module for module in made.values()})
    return made
