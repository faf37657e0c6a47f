"""`autosched explain`."""

from pathlib import Path

import pytest

from autosched.backends.cpu import run
from tests.cli.calling import call, refused
from tests.cli.conftest import TUNED


@pytest.fixture(autouse=True)
def no_database(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Hide the user's own database from these tests."""
    monkeypatch.setenv("AUTOSCHED_DB", str(tmp_path / "none.db"))


def test_limits_loops_and_code() -> None:
    done = call("explain", *TUNED, "--threads", "1", "--json")
    assert done.status == 0
    document = done.document
    limits = {each["name"]: each for each in document["limits"]}
    assert limits["multiply-adds"]["work"] == pytest.approx(2 * 12 * 16 * 8 / 1e9)
    assert set(limits) == {"multiply-adds", "reads of L2"}  # the arrays fit the second cache
    assert document["bound"] in limits
    assert document["share_of_bound"] == pytest.approx(
        limits[document["bound"]]["time_ns"] / document["time_ns"]
    )
    assert document["nest"]["nest.points"] == pytest.approx(12 * 16 * 8, rel=0.3)
    assert document["correct"] is True
    assert document["algorithm"] == ""
    assert ("not_counted" in document) == (document["counted"] is None)


def test_bytes_are_counted_where_the_processor_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "count", lambda call, events: {"reads of L2": 2e6})
    text = call("explain", *TUNED, "--threads", "1").out
    assert "counted" in text
    assert "128 MB" in text


def test_it_is_told_where_no_bytes_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    def none(*_: object) -> dict[str, float]:
        raise PermissionError(1, "forbidden")

    monkeypatch.setattr(run, "count", none)
    text = call("explain", *TUNED, "--threads", "1").out
    assert "modelled; counters cannot be read here (perf_event_open: forbidden)" in text


def test_another_algorithm_is_named_and_its_operations_count() -> None:
    words = ("conv2d", "ci=64", "co=64", "h=28", "w=28", "padding=1", "--threads", "1")
    done = call("explain", *words, "--json")
    assert done.document["algorithm"].startswith("Winograd")
    limits = {each["name"]: each for each in done.document["limits"]}
    written = 2 * 64 * 64 * 9 * 28 * 28 / 1e9
    assert 0.2 * written < limits["multiply-adds"]["work"] < 0.6 * written
    assert [each["stage"] for each in done.document["nests"]][-1] == "conv2d"
    text = call("explain", *words).out
    assert "algorithm  Winograd" in text
    assert not call("explain", *words, "--tolerance", "0", "--json").document["algorithm"]
    assert "loops of" in text


def test_another_target_tells_of_its_run() -> None:
    done = call("explain", "relu_int8", "c=16", "h=2", "w=2", "--target", "vta")
    assert done.status == 0
    assert "cycles" in done.out


def test_text() -> None:
    text = call("explain", "matmul", "m=64", "n=64", "k=64", "--threads", "1").out
    for heading in ("at least for", "the heaviest loops", "innermost loop", "sums kept"):
        assert heading in text


def test_a_picture_has_the_kernel_the_default_and_the_peers(database: Path, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")  # of the extra `test`
    path = tmp_path / "roofline.svg"
    words = ("explain", *TUNED, "--threads", "1", "--db", str(database), "--plot", str(path))
    assert f"in {path}" in call(*words).out
    done = call(*words, "--json")
    assert done.status == 0
    assert done.document["plot"] == str(path)
    assert done.document["peers"].keys() >= {"default", "numpy"}
    text = path.read_text(encoding="utf-8")
    assert all(f"<!-- {name}, " in text for name in ("this kernel", "default", "numpy"))


def test_a_picture_without_a_roofline_is_refused(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")  # of the extra `test`
    path = str(tmp_path / "roofline.svg")
    said = refused("explain", "add_int8", "c=16", "h=2", "w=2", "--plot", path)
    assert "expected a workload with a roofline to draw" in said
