"""One place formats LLVM: outside of `text`, no line of it is put together.

Functions that are written by hand as a whole, over several lines, may have numbers filled in.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.imports import PACKAGE

WRITER = PACKAGE / "codegen" / "llvm" / "text"
OPERATIONS = (
    "load|store|call|br|ret|phi|select|switch|alloca|getelementptr|declare|define|bitcast|zext|sext"
    "|trunc|fptrunc|fpext|sitofp|uitofp|ptrtoint|shufflevector|insertelement|extractvalue"
    "|f?neg|f?add|f?sub|f?mul|[fsu]?div|[fsu]?rem|and|or|xor|shl|lshr|ashr|atomicrmw|cmpxchg"
)
LINE = re.compile(rf"^\s*(?:{OPERATIONS}) |^\s*[if]cmp \S+ \S|^\s*[%{{]\S+ = |^[<\[]\S+ x ")


def lines_put_together(source: str) -> list[str]:
    """The lines of LLVM that a source puts together from parts."""
    strings = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]
    texts = [_text(node) for node in strings]
    return [text for text in texts if "\n" not in text and LINE.search(text)]


def _text(node: ast.JoinedStr) -> str:
    """What an f-string says, with {} for what is filled in."""
    return "".join(part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)


def sources() -> list[Path]:
    """The code generator, and every other file that uses it."""
    return [
        path
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent != WRITER and "autosched.codegen" in path.read_text()
    ]


@pytest.mark.parametrize("path", sources(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_writer_formats_llvm(path: Path) -> None:
    assert lines_put_together(path.read_text()) == []


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('f"load {kind}, ptr {at}"', ["load {}, ptr {}"]),
        ('f"  {name} = alloca i64"', ["  {} = alloca i64"]),
        ('f"icmp slt i64 {a}, 0"', ["icmp slt i64 {}, 0"]),
        ('f"icmp {order}"', []),
        ('f"<{lanes} x i1>"', ["<{} x i1>"]),
        ('f"i64 {value}"', []),
        ('f"expected a load, got {node}"', []),
        ('f"define void @f() {{\\n  ret void\\n}}; {count}"', []),
    ],
)
def test_the_reader_sees(source: str, found: list[str]) -> None:
    assert lines_put_together(source) == found


def test_the_writer_is_where_they_are() -> None:
    assert any(lines_put_together(path.read_text()) for path in WRITER.glob("*.py"))
