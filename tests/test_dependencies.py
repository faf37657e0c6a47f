"""What the package imports is what pyproject.toml asks for."""

import re
import sys
import tomllib
from pathlib import Path

from tests.imports import imported_names, sources

ROOT = Path(__file__).parents[1]
BROUGHT = {"torch": {"functorch", "sympy"}, "jax": {"jaxlib"}, "sklearn": {"scipy"}}
"""Packages that come with one that is asked for."""

IMPORT_NAMES = {"scikit-learn": "sklearn", "sqlite-utils": "sqlite_utils"}


def import_names(requirements: list[str]) -> set[str]:
    names = {re.split(r"[<>=\[;~! ]", requirement)[0] for requirement in requirements}
    return {IMPORT_NAMES.get(name, name) for name in names}


def test_every_import_is_declared_and_every_dependency_imported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    required = import_names(project["dependencies"])
    required |= set[str]().union(*(BROUGHT.get(name, set()) for name in required))
    # The conformance suites ship in the package; peers are timed where they are installed.
    extras = project["optional-dependencies"]
    wanted = ("test", "plot", "onnx", "torch", "jax")
    optional = import_names([each for extra in wanted for each in extras[extra]])
    optional |= set[str]().union(*(BROUGHT.get(name, set()) for name in optional))
    for extra in ("plot", "onnx"):
        assert f"autosched[{extra}]" in extras["test"], f"what needs {extra} is tested"
    peers = import_names(project["optional-dependencies"]["bench"])
    tops = {
        name.split(".")[0]
        for path in sources().values()
        for name in imported_names(path.read_text())
    } - {*sys.stdlib_module_names, "autosched"}
    assert tops - optional - peers <= required, "imported and not declared"
    assert required <= tops, "declared and not imported"
