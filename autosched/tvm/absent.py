"""Names of TVM that are not offered: modules that may be imported, and names in modules."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any

from autosched.errors import NotOfferedError, name_not_offered, not_offered

HINT = "docs/tvm.md says what is there"


def refusing(
    module: str, refusal: Callable[[str, str], NotOfferedError] = name_not_offered
) -> Callable[[str], Any]:
    """Return the `__getattr__` of a module, which refuses every name that the module lacks.

    A module in a package is imported where it is asked for.
    """

    def refuse(name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        try:
            return import_module(f"{module}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{module}.{name}":
                raise
        raise refusal(f"{module.removeprefix('autosched.')}.{name}", HINT)

    return refuse


class AbsentModule(ModuleType):
    """A module whose every use is refused by its name, so that an unused import does no harm.

    The refusal is no AttributeError: `from module import name` would replace it by an ImportError.
    """

    def __getattr__(self, name: str) -> Any:
        return refusing(self.__name__, not_offered)(name)


def absent(package: str, names: Sequence[str]) -> dict[str, AbsentModule]:
    """Return absent modules of a package by their names; `import` finds them from now on."""
    made = {name: AbsentModule(f"{package}.{name}") for name in names}
    sys.modules.update({module.__name__: module for module in made.values()})
    return made
