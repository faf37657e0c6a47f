"""The text of an expression is never its identity: two variables may share a name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
UNITS = ("ir", "te", "analysis", "schedule", "lowering", "passes", "codegen", "vta")
FOLDERS = (*(f"autosched/{unit}" for unit in UNITS), "search", "cost_model")
LOOKUPS = {"setdefault", "get", "pop", "add", "discard", "remove", "index"}
TEXT = {"str", "repr"}


def sources() -> list[Path]:
    return [path for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")]


def keys_of_text(source: str) -> list[int]:
    """The lines where something is looked up, or kept, under the text of something else."""
    return sorted({node.lineno for node in ast.walk(ast.parse(source)) if _is_text_key(node)})


def _is_text_key(node: ast.AST) -> bool:
    match node:
        case ast.Subscript(slice=key):
            return _has_text(key)
        case ast.Call(func=ast.Attribute(attr=name), args=[key, *_]) if name in LOOKUPS:
            return _has_text(key)
        case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[ast.Name()]):
            return _has_text(key)
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if "key" in name:
            return _has_text(value)
        case ast.DictComp(key=key) | ast.SetComp(elt=key):
            return _has_text(key)
    return False


def _has_text(node: ast.AST) -> bool:
    """Whether a value is, or is a tuple with, the text of something."""
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return name in TEXT
        case ast.Tuple(elts=parts):
            return any(map(_has_text, parts))
        case ast.Starred(value=value):
            return _has_text(value)
        case ast.GeneratorExp(elt=value) | ast.ListComp(elt=value):
            return _has_text(value)
    return False


@pytest.mark.parametrize(
    "source",
    [
        "found.setdefault(str(part), [])",
        "key = (tensor, *(str(index) for index in indices))",
        "groups[str(holds)]",
        "str(a) in seen",
        "{repr(a): a for a in parts}",
    ],
)
def test_a_key_made_of_text_is_found(source: str) -> None:
    assert keys_of_text(source) == [1]


@pytest.mark.parametrize("source", ["names[keys.of(part)]", "lines.append(str(part))", "str(a)"])
def test_other_uses_of_text_are_none(source: str) -> None:
    assert keys_of_text(source) == []


def test_no_text_is_a_key() -> None:
    wrong = {
        f"{path.relative_to(ROOT)}:{line}"
        for path in sources()
        for line in keys_of_text(path.read_text())
    }
    assert not wrong
