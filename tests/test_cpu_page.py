"""docs/cpu.md: its code runs and prints what the page shows."""

import re
from pathlib import Path

import pytest

from autosched.passes.pipeline import PIPELINE
from tests.cli.calling import call
from tests.pages import commands, refreshed

PAGE = (Path(__file__).parents[1] / "docs" / "cpu.md").read_text(encoding="utf-8")


def test_the_page_shows_what_its_code_prints() -> None:
    assert refreshed(PAGE) == PAGE, "python -m tests.pages docs/cpu.md brings it up to date"


def test_the_table_of_passes_is_the_pipeline() -> None:
    part = PAGE.partition("## The passes\n")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)
    again = ("simplify_parts", "simplify_vectors")
    assert listed == [step.name for step in PIPELINE if step.name not in again]


def test_assembly_may_differ_in_all_but_its_vector_instructions() -> None:
    shown = "```asm\n        vfmadd231ps     %ymm1, %ymm2, %ymm3\n```\n"
    other_order = "```python\nprint('  vfmadd213ps %ymm3')\n```\n"
    assert refreshed(other_order + shown) == other_order + shown
    unfused = "```python\nprint('  vmulps %ymm3')\n```\n"
    assert refreshed(unfused + shown) == unfused + "```asm\n  vmulps %ymm3\n```\n"


def test_the_commands_of_the_page_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "tuning.db"))
    assert commands(PAGE)
    for words in commands(PAGE):
        done = call(*words)
        assert done.status == 0, (words, done.err)
