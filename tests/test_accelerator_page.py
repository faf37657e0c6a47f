"""docs/accelerator.md: its code runs, prints what the page shows and draws its pictures."""

import ast
import re
from pathlib import Path

import pytest

from tests.cli.calling import call
from tests.pages import blocks, commands, refreshed, write_files
from tests.test_examples import EXAMPLES, example

DOCS = EXAMPLES.parent / "docs"
PAGE = (DOCS / "accelerator.md").read_text(encoding="utf-8")
PICTURES = DOCS / "images" / "accelerator"
MOST_BYTES = 60_000


def statements(code: str) -> set[str]:
    return {ast.dump(statement) for statement in ast.parse(code).body}


def test_the_page_shows_what_its_code_prints(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refreshed(PAGE) == PAGE, "python -m tests.pages docs/accelerator.md brings it up to date"


def test_a_page_that_shows_something_else_is_noticed() -> None:
    stale = "```python\nprint(1)\nprint('two ')\n```\n\n```text\n2\n```\n"
    assert refreshed(stale) == "```python\nprint(1)\nprint('two ')\n```\n\n```text\n1\ntwo\n```\n"
    with pytest.raises(AssertionError, match="the page does not show: 1"):
        refreshed("```python\nprint(1)\n```\n")


def test_the_page_schedules_as_the_example_does() -> None:
    ours = statements((EXAMPLES / "accelerator.py").read_text(encoding="utf-8"))
    expression, schedule, *_ = blocks(PAGE, "python")
    assert schedule.startswith("def schedule")
    assert statements(expression) | statements(schedule) <= ours


def test_the_pictures_are_what_the_example_draws(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    example("accelerator").main(str(tmp_path))
    drawn = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert drawn == {path.name: path.read_bytes() for path in PICTURES.iterdir()}, (
        "python examples/accelerator.py docs/images/accelerator draws them again"
    )
    assert {f"images/accelerator/{name}" for name in drawn} == set(
        re.findall(r"!\[[^\]]*\]\((\S+)\)", PAGE)
    )
    assert max(map(len, drawn.values())) < MOST_BYTES
    for name, cycles in re.findall(r"^(\w+) +(\d+) cycles", capsys.readouterr().out, re.MULTILINE):
        assert re.search(rf"^{name} +{cycles} ", PAGE, re.MULTILINE), name


def test_the_commands_of_the_page_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "tuning.db"))
    write_files(PAGE)
    for words in commands(PAGE):
        done = call(*words)
        assert done.status == 0, (words, done.err)
