"""docs/rules.md: the rule of the example is added and used."""

import re
from inspect import isfunction
from pathlib import Path
from types import CodeType
from typing import Any

from autosched.search.space import preparation
from autosched.search.space.generate import space
from autosched.search.space.rules import RULES, ours
from tests.pages import blocks
from tests.schedule.nests import matmul
from tests.search.tasks import MACHINE

PAGE = (Path(__file__).parents[1] / "docs" / "rules.md").read_text(encoding="utf-8")


def test_the_rule_of_the_example_comes_first() -> None:
    scope: dict[str, Any] = {}
    with RULES.kept():
        exec(compile("\n".join(blocks(PAGE, "python")), "page", "exec"), scope)
        assert space([matmul()], MACHINE).sketches[0].name == "halves"


def first_column(title: str) -> list[str]:
    """Return the names in the first column of the table under a title."""
    part = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    return re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)


def test_the_rules_that_it_names_are_ours() -> None:
    assert first_column("The rules of autosched") == [rule.name for rule in ours()]


def calls(code: CodeType) -> list[str]:
    """Return the functions that a function of `preparation` calls, in their order."""
    return [name for name in code.co_names if isfunction(getattr(preparation, name, None))]


def test_the_steps_that_it_names_are_those_of_preparation_in_their_order() -> None:
    steps = calls(vars(preparation.Preparation)["_prepared"].func.__code__)
    place = steps.index("_separate")
    steps[place : place + 1] = calls(preparation._separate.__code__)
    assert first_column("What comes before the rules") == steps
