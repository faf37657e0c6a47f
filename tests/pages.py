"""Pages whose code runs and whose output is what that code prints.

A block of `python` is run after those above it; the block of `text` that follows shows what it
printed. A block of `asm` does too, but stays as it is while the same vector instructions are
printed, since registers and order depend on the version of LLVM. A block of `json NAME` or
`toml NAME` is a file beside the page. To bring a page up to date:
`python -m tests.pages docs/accelerator.md`.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from contextlib import chdir, redirect_stdout
from pathlib import Path
from typing import Any

_BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def blocks(text: str, language: str) -> list[str]:
    """What stands in the blocks of a language."""
    return [content for found, _, content in _BLOCK.findall(text) if found == language]


def write_files(text: str) -> None:
    """The files a page shows, into the current folder."""
    for _, name, content in _BLOCK.findall(text):
        if name:
            Path(name).write_text(content, encoding="utf-8")


def commands(text: str) -> list[list[str]]:
    """The words of every command of a page, after `autosched`; a search gets one trial."""
    found = []
    for line in "".join(blocks(text, "sh")).splitlines():
        program, *words = re.sub(r"--trials \d+", "--trials 1", line).split()
        assert program == "autosched"
        found.append(words)
    return found


def refreshed(text: str) -> str:
    """The page with what its code prints now; runs in the current folder."""
    write_files(text)
    names: dict[str, Any] = {"__name__": "page"}
    printed = ""

    def fill(block: re.Match[str]) -> str:
        nonlocal printed
        language, name, content = block.groups()
        if language == "python":
            assert not printed.strip(), f"the page does not show: {printed}"
            printed = _run(content, names)
        if language not in ("text", "asm") or name:
            return block.group()
        shown = "".join(line.rstrip() + "\n" for line in printed.splitlines())
        printed = ""
        if language == "asm" and vector_instructions(shown) == vector_instructions(content):
            return block.group()
        return f"```{language}\n{shown}```"

    result = _BLOCK.sub(fill, text)
    assert not printed.strip(), f"the page does not show: {printed}"
    return result


def vector_instructions(assembly: str) -> set[str]:
    """The names of the AVX instructions, without the numbers that give the order of operands."""
    return set(re.findall(r"^\s+(v[a-z]+)", assembly, re.MULTILINE))


def _run(code: str, names: dict[str, Any]) -> str:
    with redirect_stdout(io.StringIO()) as out:
        exec(compile(code, "page", "exec"), names)
    return out.getvalue()


def main(page: Path) -> None:
    """Bring a page up to date."""
    text = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        text = refreshed(text)
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(os.path.abspath(sys.argv[1])))
