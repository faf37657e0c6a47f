"""The repository is as its documents say."""

import os
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import autosched

ROOT = Path(__file__).parents[1]
FOLDERS = (
    "autosched",
    "search",
    "cost_model",
    "tuning_logs",
    "tests",
    "benchmarks",
    "docs",
    "examples",
)
LINKED = ("search", "cost_model", "tuning_logs")
PATH = re.compile(r"\.?\w[\w.-]*(/[\w.-]+)*/?")
SUFFIXES = (".py", ".md", ".toml", ".yaml")


def documents() -> list[Path]:
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def named_paths(text: str) -> Iterator[str]:
    """What a document sets in backticks, outside its code blocks, and looks like a path."""
    prose = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    for word in re.findall(r"`([^`\n]+)`", prose):
        if PATH.fullmatch(word) and ("/" in word or word.endswith(SUFFIXES)):
            yield word


def linked_paths(text: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", text):
        if "://" not in target:
            yield target


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_reader_of_documents_sees() -> None:
    text = (
        "`a/b.py` and `pyproject.toml`, `s[C].split`, `te.sum`\n```\n`c/d`\n```\n[x](y/z.md#part)"
    )
    assert list(named_paths(text)) == ["a/b.py", "pyproject.toml"]
    assert list(linked_paths(text)) == ["y/z.md"]


@pytest.mark.parametrize("document", documents(), ids=name_of)
def test_every_path_a_document_names_exists(document: Path) -> None:
    text = document.read_text()
    missing = [path for path in named_paths(text) if not (ROOT / path).exists()]
    missing += [path for path in linked_paths(text) if not (document.parent / path).exists()]
    assert missing == []


def test_every_folder_has_its_line_in_the_architecture() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text()
    units = {
        f"`{'autosched/' if entry.name not in LINKED else ''}{entry.name}/"
        for entry in (ROOT / "autosched").iterdir()
        if entry.is_dir() and any(entry.glob("**/*.py"))
    }
    assert [unit for unit in sorted(units) if unit not in text] == []


@pytest.mark.parametrize("name", LINKED)
def test_the_outer_packages_are_relative_links(name: str) -> None:
    link = ROOT / "autosched" / name
    assert link.is_symlink()
    assert os.readlink(link) == f"../{name}"
    assert not (ROOT / name).is_symlink()


def test_no_file_is_over_600_lines() -> None:
    long = {
        name_of(path): count for path in texts() if (count := path.read_text().count("\n")) > 600
    }
    assert long == {}


def test_no_file_imports_a_generic_name() -> None:
    generic = re.compile(rf"^\s*(import|from) ({'|'.join(LINKED)})\b", re.MULTILINE)
    assert [name_of(path) for path in texts() if generic.search(path.read_text())] == []


def texts() -> list[Path]:
    return [
        path
        for folder in FOLDERS
        for path in sorted((ROOT / folder).rglob("*"))
        if path.suffix in (".py", ".md") and not any(part.startswith(".") for part in path.parts)
    ]


def test_the_changelog_knows_this_version() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    versions = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert versions[0] == project["version"] == autosched.__version__


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "decisions"
    files = sorted(path.name for path in folder.glob("[0-9]*.md"))
    listed = re.findall(r"^(\d+)\. \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.M)
    assert [name for _, _, name in listed] == files
    for number, title, name in listed:
        assert (folder / name).read_text().startswith(f"# {number}. {title}\n"), name
        assert int(name[:4]) == int(number)


def test_ci_runs_the_command_that_the_readme_names() -> None:
    readme = (ROOT / "README.md").read_text()
    (command,) = re.findall(r"&& \.venv/bin/(pytest.*)", readme)
    last = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1]
    assert last.replace('"$bin/pytest"', "pytest") == command
    assert os.access(ROOT / ".ci" / "run", os.X_OK)


def test_users_get_the_types() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert (ROOT / "autosched" / "py.typed").exists()
    assert "py.typed" in settings["tool"]["setuptools"]["package-data"]["autosched"]
    assert "Typing :: Typed" in settings["project"]["classifiers"]
