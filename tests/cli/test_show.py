"""`autosched show`."""

import json
from pathlib import Path

import pytest

from autosched import te
from autosched.ops import resolve
from autosched.passes.pipeline import PIPELINE
from autosched.schedule import to_json
from tests.cli.calling import Call, call, refused
from tests.cli.conftest import TUNED


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "none.db"))


def test_the_loops_of_the_default_schedule() -> None:
    done = call("show", *TUNED)
    assert done.status == 0
    assert done.out.startswith("def main(A: float32[12, 8]")
    assert "default" in done.err


def test_the_best_schedule(tuning: tuple[Path, Call]) -> None:
    path, tuned = tuning
    best = ("--db", str(path), "--threads", "1")
    done = call("show", *TUNED, "--ir", "trace", *best, "--json")
    assert done.document["schedule"] == "tuned"
    assert json.loads(done.document["text"]) == tuned.document["best"]["trace"]
    default = call("show", *TUNED, "--schedule", "default", *best, "--json")
    assert default.document["schedule"] == "default"


def test_the_python_makes_the_schedule_again() -> None:
    text = call("show", *TUNED, "--ir", "python").out
    matmul = resolve("matmul", dict(word.split("=") for word in TUNED[1:])).outputs[0]
    scope = {"te": te, "matmul": matmul}
    exec(text, scope)
    trace = call("show", *TUNED, "--ir", "trace").out
    assert to_json(scope["s"].trace) == trace.strip()


@pytest.mark.parametrize(("form", "sign"), [("llvm", "define void @main"), ("asm", "main:")])
def test_the_code(form: str, sign: str) -> None:
    assert sign in call("show", *TUNED, "--ir", form).out


def test_the_loops_after_each_pass() -> None:
    texts = [call("show", *TUNED, "--after", step.name).out for step in PIPELINE]
    assert all(text.startswith("def main(") for text in texts)
    assert "vectorized" in texts[0]
    assert "vectorized" not in texts[-1]
    assert "vectorized" in call("show", *TUNED, "--after", "lower").out
    assert "expected a pass, got 'bogus'" in refused("show", *TUNED, "--after", "bogus")
    assert "--after goes with --ir loops" in refused(
        "show", *TUNED, "--after", "unroll", "--ir", "asm"
    )


def test_what_the_passes_take() -> None:
    done = call("show", *TUNED, "--passes", "--json")
    names = [each["name"] for each in done.document["passes"]]
    assert names == ["lower", *(step.name for step in PIPELINE), "emit", "llvm"]
    assert all(each["time_ms"] >= 0 for each in done.document["passes"])
    assert "simplify" in call("show", *TUNED, "--passes").out


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    assert "is not one of" in refused("show", *TUNED, "--ir", "ptx")
    assert "is not one of" in refused("show", *TUNED, "--schedule", "worst")
    assert "got no file" in refused("show", *TUNED, "--db", str(tmp_path / "absent.db"))
