"""No files import each other in a circle, but those that a decision names."""

import pytest

from tests.imports import ROOT, imported_modules, sources

Graph = dict[str, set[str]]

PAGE = ROOT / "docs" / "decisions" / "0030-circles-of-files.md"

# The files of a package that import each other; the page says why.
ALLOWED = {
    "autosched.analysis": "bounds conditions divmod elimination inequalities recombine "
    "simplify values vectors",
    "autosched.ir": "build convert expr expr_text node_types operators printer stmt traverse",
}


def circles(graph: Graph) -> list[list[str]]:
    """The groups of files of which each imports every other, if only through others."""
    size = 0
    while size != len(graph):  # leave out what imports nothing, and what nothing imports
        size = len(graph)
        imported = set().union(*graph.values())
        graph = {
            file: others & graph.keys() - {file}
            for file, others in graph.items()
            if file in imported and others & graph.keys() - {file}
        }
    reached = {file: reachable(graph, file) for file in graph}
    groups = {
        tuple(sorted(other for other in reached[file] if file in reached[other])) for file in graph
    }
    return sorted(list(group) for group in groups if group)


def reachable(graph: Graph, start: str) -> set[str]:
    found: set[str] = set()
    pending = [start]
    while pending:
        new = graph[pending.pop()] - found
        found |= new
        pending += new
    return found


def test_no_circle_of_files_but_those_of_a_decision() -> None:
    found = circles({name: imported_modules(path.read_text()) for name, path in sources().items()})
    allowed = [
        [f"{package}.{file}" for file in files.split()] for package, files in ALLOWED.items()
    ]
    assert found == allowed
    for package in ALLOWED:
        assert f"`{package.replace('.', '/')}/`" in PAGE.read_text()


@pytest.mark.parametrize(
    ("graph", "expected"),
    [
        ({"a": {"b"}, "b": {"c"}, "c": set()}, []),
        ({"a": {"a", "b"}, "b": set()}, []),
        ({"a": {"b"}, "b": {"a"}, "c": {"a"}}, [["a", "b"]]),
        ({"a": {"b"}, "b": {"a", "c"}, "c": {"d"}, "d": {"c"}}, [["a", "b"], ["c", "d"]]),
    ],
)
def test_the_finder_of_circles_sees(graph: Graph, expected: list[list[str]]) -> None:
    assert circles(graph) == expected


@pytest.mark.parametrize(
    ("source", "modules"),
    [
        ("from autosched.ir import expr", {"autosched.ir.expr"}),
        ("from autosched.ir.expr import Expr", {"autosched.ir.expr"}),
        ("def f():\n    import autosched.te", {"autosched.te"}),
        ("if TYPE_CHECKING:\n    from autosched.te import sum", {"autosched.te"}),
        ("import_module('autosched.api')", {"autosched.api"}),
        ("import numpy", set()),
    ],
)
def test_the_reader_of_imports_sees(source: str, modules: set[str]) -> None:
    assert imported_modules(source) == modules
