"""docs/templates.md: its templates are as the page says."""

from pathlib import Path

import autosched
from autosched.ops import resolve
from autosched.search.space.template import template_space
from tests.pages import blocks, refreshed

PAGE = (Path(__file__).parents[1] / "docs" / "templates.md").read_text(encoding="utf-8")


def test_the_code_of_the_page_runs_and_its_kernel_is_built() -> None:
    assert refreshed(PAGE) == PAGE
    assert resolve("my_matmul", {"n": 64}).template.space.size == 7 * 4 * 2
    kernel = autosched.build("my_matmul", n=16, threads=1)
    assert kernel.schedule == "default"


def test_the_illegal_values_of_the_page_are_left_out() -> None:
    exec(compile("\n".join(blocks(PAGE, "python")), "page", "exec"), {"__name__": "page"})
    space = template_space(resolve("picky").template)
    assert len(space.sketches[0].every) == 5
    assert sum(space.refused.values()) == 2
    assert "ValueError: no tile of 64" in " ".join(space.refused)
