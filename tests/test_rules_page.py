"""docs/rules.md: the rule of the example is added and used."""

from pathlib import Path
from typing import Any

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


def test_the_rules_that_it_names_are_ours() -> None:
    *names, last = [f"`{rule.name}`" for rule in ours()]
    listed = f"{', '.join(names)} and {last}"
    assert f"The rules of autosched are {listed}." in " ".join(PAGE.split())
