"""The imports of every file, also those inside functions."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "autosched"


@cache
def sources() -> dict[str, Path]:
    """The files of the package, by the full names of their modules."""
    paths = [
        path
        for entry in sorted(PACKAGE.iterdir())
        for path in ([entry] if entry.suffix == ".py" else sorted(entry.rglob("*.py")))
    ]
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return dict(zip((name.removesuffix(".__init__") for name in names), paths, strict=True))


@cache
def imported_names(source: str) -> set[str]:
    """The full names that a source imports; `from a import b` gives `a.b`.

    A text that is the name of a module counts too: it is what `import_module` is given.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are by full name"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Constant) and str(node.value).startswith("autosched."):
            names |= {node.value} & sources().keys()
    return names


def imported_modules(source: str) -> set[str]:
    """The modules of the package that a source imports, or imports a name of."""
    known = sources()
    names = imported_names(source)
    return {name if name in known else name.rpartition(".")[0] for name in names} & known.keys()
