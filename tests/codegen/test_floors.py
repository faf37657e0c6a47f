"""Code generation stands in floors: imports run downwards only."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_imports import PACKAGE, imported_modules

CODEGEN = PACKAGE / "codegen"

# From the lowest: each may import those before it.
FLOORS = (
    "c",
    "llvm.symbols",
    "llvm.text",
    "llvm.math",
    "llvm.state",
    "llvm.values",
    "llvm.memory",
    "llvm.loops",
    "llvm",
    "machine",
    "native",
    "team",
    "compile",
)


def floor_of(module: str) -> int:
    """The number of the floor that a module below autosched.codegen is on."""
    floor = max((name for name in FLOORS if f"{module}.".startswith(f"{name}.")), key=len)
    return FLOORS.index(floor)


def sources() -> list[Path]:
    return [path for path in sorted(CODEGEN.rglob("*.py")) if path != CODEGEN / "__init__.py"]


def test_the_table_names_every_folder() -> None:
    folders = {path.parent.relative_to(CODEGEN) for path in sources()}
    assert {".".join(folder.parts) for folder in folders if folder.parts} <= set(FLOORS)


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(CODEGEN)))
def test_imports_run_downwards(path: Path) -> None:
    own = floor_of(".".join(path.relative_to(CODEGEN).with_suffix("").parts))
    prefix = "autosched.codegen."
    inside = {
        name.removeprefix(prefix)
        for name in imported_modules(path.read_text())
        if name.startswith(prefix)
    }
    assert [name for name in sorted(inside) if floor_of(name) > own] == []


def test_a_module_of_two_floors_is_on_the_narrower() -> None:
    assert floor_of("llvm.text.types") < floor_of("llvm.values.lanes") < floor_of("llvm.emit")
