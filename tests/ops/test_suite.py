"""Files that list workloads."""

from pathlib import Path

import pytest

from autosched.errors import WorkloadError
from autosched.ops.suite import read_suite


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "suite.toml"
    path.write_text(text)
    return path


def test_a_suite_is_read(tmp_path: Path) -> None:
    text = """
        [[workload]]
        name = "matmul"
        params = { m = 4, n = 8, k = "2" }
        weight = 2.5

        [[workload]]
        name = "matmul"
        params = { m = 5, n = 8, k = 2 }
        sizes = { q = 3 }
    """
    first, second = read_suite(written(tmp_path, text))
    assert first.workload.params["k"] == 2
    assert (first.weight, second.weight) == (2.5, 1.0)
    assert (first.sizes, second.sizes) == ({}, {"q": 3})


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"got an empty file"),
        ("[[workload", r"expected a suite file of TOML"),
        ("workload = 3", r"expected tables \[\[workload\]\]"),
        ("workload = []", r"expected tables \[\[workload\]\]"),
        ("workload = [3]", r"workload 1 of .*, got 3"),
        ("[[workload]]\nname = 3", r"expected a table with a name for workload 1"),
        ("[[workload]]\nname = 'matmul'\nwieght = 2", r"got wieght"),
        ("x = 1\n[[workload]]\nname = 'matmul'", r"nothing else"),
        ("[[workload]]\nname = 'matmull'", r"workload 1 of .*: expected a registered"),
        ("[[workload]]\nname = 'matmul'\nparams = {m = 1}", r"the parameter n"),
        ("[[workload]]\nname = 'matmul'\nparams = 3", r"as the params of workload 1"),
        ("[[workload]]\nname = 'matmul'\nsizes = 3", r"as the sizes of workload 1"),
        ("[[workload]]\nname = 'matmul'\nweight = 0", r"positive weight .*, got 0"),
        ("[[workload]]\nname = 'matmul'\nweight = inf", r"positive weight .*, got inf"),
        ("[[workload]]\nname = 'matmul'\nweight = true", r"positive weight .*, got True"),
    ],
)
def test_what_is_no_suite_is_told(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match=says):
        read_suite(written(tmp_path, text))


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(WorkloadError, match="No such file"):
        read_suite(tmp_path / "none.toml")
