"""Pictures of a search."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autosched.backends.reporter import Roofs
from autosched.cli.plots.curve import Scale, draw_curve
from autosched.cli.plots.roofline import draw_roofline
from tests.cli.calling import call, refused
from tests.cli.conftest import TUNED

matplotlib = pytest.importorskip("matplotlib")  # of the extra `test`

PNG = b"\x89PNG\r\n"


def axes():
    from matplotlib.figure import Figure

    return Figure().subplots()


def legend(panel) -> list[str]:
    return [text.get_text() for text in panel.get_legend().get_texts()]


def test_a_curve_shows_trials_failures_and_the_best_so_far() -> None:
    panel = axes()
    draw_curve(panel, [None, 400.0, 800.0, None, 200.0], Scale(1000), peak=8.0)
    assert legend(panel) == ["trial", "best so far", "failed (2)", "measured peak"]
    each, best, failed, _ = panel.get_lines()
    assert (list(each.get_xdata()), list(each.get_ydata())) == ([2, 3, 5], [2.5, 1.25, 5.0])
    assert (list(best.get_xdata()), list(best.get_ydata())) == ([2, 3, 4, 5], [2.5, 2.5, 2.5, 5.0])
    assert list(failed.get_xdata()) == [1, 4]
    assert (panel.get_xlabel(), panel.get_ylabel()) == ("Trial", "Speed (GFLOP/s)")


def test_a_peak_that_is_far_away_is_left_out() -> None:
    panel = axes()
    draw_curve(panel, [400.0], Scale(1000), peak=11.0)
    assert legend(panel) == ["trial", "best so far"]
    assert all(tick == int(tick) for tick in panel.get_xticks())


def test_a_curve_of_times_where_no_operations_are_counted() -> None:
    panel = axes()
    draw_curve(panel, [4000.0, 2000.0], Scale(None), peak=None)
    assert legend(panel) == ["trial", "best so far"]
    assert list(panel.get_lines()[1].get_ydata()) == [4.0, 2.0]
    assert (panel.get_ylabel(), panel.get_yscale()) == ("Time (µs)", "log")


@pytest.mark.parametrize("intensity", [0.01, 4.0, 1000.0])
def test_roofs_end_at_the_peak(intensity: float) -> None:
    panel = axes()
    draw_roofline(panel, Roofs(100.0, {"L1": 400.0, "L2": 100.0, "L3": 40.0, "DRAM": 10.0}),
                  intensity, [20.0, 50.0])  # fmt: skip
    for line in panel.get_lines()[:4]:
        (left, right), (low, high) = line.get_data()
        assert high == 100.0
        assert low / left == pytest.approx(high / right)
    assert panel.get_xlim()[0] < intensity < panel.get_xlim()[1]
    assert legend(panel)[0] == "L1 400 GB/s"
    assert legend(panel)[-1] == "best, 50 GFLOP/s\n(50% of the peak)"


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_a_task_is_drawn_from_the_database(database: Path, tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"picture{suffix}"
    done = call(
        "db", "plot", *TUNED, "--threads", "1", "--output", str(path), "--db", str(database),
        "--json",
    )  # fmt: skip
    assert (done.status, done.document["trials"]) == (0, 3)
    data = path.read_bytes()
    assert data.startswith(PNG) if suffix == ".png" else b"</svg>" in data


def test_tuning_draws_what_it_found(tmp_path: Path) -> None:
    path = tmp_path / "curve.svg"
    done = call(
        "tune", *TUNED, "--trials", "2", "--threads", "1", "--db", str(tmp_path / "t.db"),
        "--plot", str(path), "--json",
    )  # fmt: skip
    assert done.status == 0
    assert done.document["plot"] == str(path)
    assert path.read_text(encoding="utf-8").startswith("<?xml")


def test_what_cannot_be_drawn_is_refused(database: Path, tmp_path: Path) -> None:
    where = ("--db", str(database))
    draw = ("db", "plot", *TUNED, "--threads", "1", *where, "--output")
    assert "ends in .svg or .png" in refused(*draw, str(tmp_path / "picture.pdf"))
    assert "expected a folder for the picture" in refused(*draw, str(tmp_path / "a" / "b.svg"))
    other = ("db", "plot", "matmul", "m=3", "n=3", "k=3", *where)
    assert "with a time to draw, got none" in refused(*other, "--output", str(tmp_path / "c.svg"))


def test_a_package_that_is_missing_is_named_before_anything_is_tuned(tmp_path: Path) -> None:
    code = (
        "import importlib.util as util, sys\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'matplotlib' else find(name, *rest)\n"
        "from autosched.cli import main\n"
        f"main(['tune', 'matmul', 'm=4', 'n=4', 'k=4', '--db', {str(tmp_path / 't.db')!r},\n"
        f"      '--plot', {str(tmp_path / 'p.svg')!r}, '--json'])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 2
    assert "pip install 'autosched[plot]'" in json.loads(done.stdout)["error"]["message"]
    assert list(tmp_path.iterdir()) == []


def test_matplotlib_is_imported_only_where_a_picture_is_asked_for() -> None:
    code = (
        "import sys, autosched.api, autosched.cli.tune, autosched.cli.db.plot\n"
        "import autosched.cli.plots.picture\n"
        "print('matplotlib' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n", done.stderr


def test_a_picture_takes_the_place_of_no_database(database: Path, tmp_path: Path) -> None:
    link = tmp_path / "t.svg"
    link.symlink_to(database)
    before = database.read_bytes()
    for args in (("tune", "--plot", str(link)), ("db", "plot", "--output", str(link))):
        command, options = args[:-2], args[-2:]
        said = refused(*command, *TUNED, *options, "--db", str(database))
        assert "not read at the same time" in said
    assert database.read_bytes() == before
