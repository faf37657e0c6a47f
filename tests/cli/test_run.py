"""`autosched run`."""

from pathlib import Path

import pytest

from tests.cli.calling import Call, call, refused
from tests.cli.conftest import TUNED

KEYS = {
    "workload", "target", "threads", "schedule", "schedule_reason", "algorithm", "bound",
    "time_ns", "times_ns", "gflops", "share_of_peak", "remark", "peak_gflops", "peers",
    "peer_failures", "correct", "mistake", "may_be_rounding", "max_error",
}  # fmt: skip


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the user's own database from these tests."""
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "none.db"))


def test_the_best_known_schedule_is_run(tuning: tuple[Path, Call]) -> None:
    done = call("run", *TUNED, "--threads", "1", "--db", str(tuning[0]), "--json")
    assert done.status == 0
    document = done.document
    assert set(document) == KEYS
    assert document["schedule"] == "tuned"
    assert document["correct"] is True
    assert document["max_error"] < 1e-4
    assert document["time_ns"] > 0
    assert document["gflops"] == pytest.approx(2 * 12 * 16 * 8 / document["time_ns"])
    assert document["share_of_peak"] > 0
    assert document["peers"]["numpy"] > 0


def test_other_sizes_take_the_nearest(tuning: tuple[Path, Call]) -> None:
    args = ("m=12", "n=16", "k=9", "--threads", "1", "--db", str(tuning[0]), "--no-peers")
    done = call("run", "matmul", *args, "--json")
    assert done.status == 0
    assert done.document["schedule"] == "nearest"
    assert done.document["peers"] == {}


def test_untuned_with_constants(tmp_path: Path) -> None:
    args = ("conv2d", "ci=3", "h=5", "w=5", "co=4", "--threads", "1", "--no-peers")
    done = call("run", *args, "--json")
    assert done.document["schedule"] == "default"
    assert done.document["bound"] == ["weight"]
    assert not (tmp_path / "none.db").exists()
    text = call("run", *args).out
    assert "weight bound beforehand" in text
    assert "correct, largest error" in text
    assert "autosched" in text


def test_symbolic_sizes_need_values(tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(
        "from autosched import te\n"
        "def scaled():\n"
        "    n = te.var('n')\n"
        "    A = te.placeholder((n,), name='A')\n"
        "    return [A, te.compute((n,), lambda i: A[i] * 2.0, name='B')]\n"
    )
    spec = f"{source}:scaled"
    done = call("run", spec, "--size", "n=100", "--threads", "1", "--json")
    assert done.status == 0
    assert done.document["correct"] is True
    assert done.document["gflops"] is None
    assert done.document["workload"]["sizes"] == {"n": 100}
    shown = call("show", spec, "--size", "n=100", "--json").document
    assert shown["workload"]["key"] == done.document["workload"]["key"]
    assert shown["workload"]["key"] != call("show", spec, "--json").document["workload"]["key"]
    assert "expected values of the sizes of scaled (n)" in refused("run", spec)
    assert "expected a positive number" in refused("run", spec, "--size", "n=none")


def test_a_wrong_number_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    from autosched.measure.case import Case

    monkeypatch.setattr(Case, "mistake", lambda self: "expected 1 at C[0], got 2")
    done = call("run", "add", "m=4", "n=4", "--threads", "1", "--json")
    assert done.status == 1
    assert done.document["correct"] is False
    assert done.document["mistake"] == "expected 1 at C[0], got 2"
    assert "WRONG: expected 1" in call("run", "add", "m=4", "n=4", "--threads", "1").out


def test_what_makes_no_sense_is_refused(tmp_path: Path) -> None:
    assert "did you mean softmax" in refused("run", "sotfmax", "m=4", "n=4")
    assert "got no file" in refused("run", *TUNED, "--db", str(tmp_path / "absent.db"))
    assert "Missing argument 'WORKLOAD'" in refused("run")
