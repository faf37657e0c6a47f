"""`autosched tune`."""

from pathlib import Path

import pytest

from autosched.cli.tune import STRATEGY_NAMES
from autosched.search.strategies import STRATEGIES
from tests.cli.calling import Call, call, refused
from tests.cli.conftest import TUNED

KEYS = {
    "workload", "target", "threads", "database", "session", "strategy", "seed", "trials",
    "trials_per_second", "failures", "faults", "reason", "elapsed_s", "ending", "interrupted",
    "peak_gflops", "best", "curve_ns",
}  # fmt: skip
BEST_KEYS = {"time_ns", "gflops", "share_of_peak", "remark", "repeats", "trace", "python"}


def test_the_document(tuning: tuple[Path, Call]) -> None:
    path, done = tuning
    assert done.status == 0
    document = done.document
    assert set(document) == KEYS
    assert document["workload"]["name"] == "matmul"
    assert document["workload"]["params"]["n"] == 16
    assert document["target"].startswith("cpu ")
    assert (document["trials"], document["threads"], document["seed"]) == (3, 1, 0)
    assert document["database"] == str(path)
    assert not document["interrupted"]
    assert len(document["curve_ns"]) == 3
    best = document["best"]
    assert set(best) == BEST_KEYS
    assert best["time_ns"] > 0
    assert best["gflops"] == pytest.approx(2 * 12 * 16 * 8 / best["time_ns"])
    assert best["trace"]["steps"]
    assert "te.create_schedule" in best["python"]


def test_progress_is_lines_where_there_is_no_terminal(tuning: tuple[Path, Call]) -> None:
    assert "3/3  best" in tuning[1].err
    assert "\x1b" not in tuning[1].err


def test_the_strategies_are_those_of_the_search() -> None:
    assert list(STRATEGY_NAMES) == list(STRATEGIES)
    assert "[evolutionary|genetic|random]" in call("tune", "--help").out


def test_no_trials_show_what_is_known(tuning: tuple[Path, Call]) -> None:
    path, before = tuning
    done = call("tune", *TUNED, "--trials", "0", "--threads", "1", "--db", str(path), "--json")
    assert done.status == 0
    assert done.document["trials"] == 0
    assert done.document["best"]["time_ns"] == before.document["best"]["time_ns"]
    assert "3 trials known" in done.err
    text = call("tune", *TUNED, "--trials", "0", "--threads", "1", "--db", str(path)).out
    assert "GFLOP/s" in text
    assert "matmul m=12 n=16 k=8" in text


def test_no_trials_and_nothing_known(tmp_path: Path) -> None:
    done = call("tune", *TUNED, "--trials", "0", "--db", str(tmp_path / "new.db"), "--json")
    assert done.status == 0
    assert done.document["best"] is None


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("matmull", "m=1"), "did you mean matmul"),
        (("matmul", "m=8", "n=8"), "expected a value for the parameter k"),
        (("matmul", "m=8", "n=8", "k=eight"), "expected an integer for the parameter k"),
        (("matmul", "m=8", "n=8", "k=8", "q=8"), "expected a parameter of matmul, got 'q'"),
        (("matmul", "m=8", "n=8", "8"), "expected a parameter as KEY=VALUE, got '8'"),
        (("matmul", "m=0", "n=8", "k=8"), "expected an extent of at least 1"),
        ((*TUNED, "--target", "gpu"), "expected a target, got 'gpu'"),
        ((*TUNED, "--target", "vta"), "expected a workload with a form for the accelerator"),
        ((*TUNED, "--strategy", "bogus"), "is not one of 'evolutionary', 'genetic', 'random'"),
        ((*TUNED, "--trials", "-1"), "is not in the range x>=0"),
        ((*TUNED, "--seed", "9" * 20), "is not in the range"),
        ((*TUNED, "--time-limit", "nan"), "got nan"),
        ((*TUNED, "--trials", "many"), "is not a valid integer"),
        ((*TUNED, "--threads", "-1"), "is not in the range 0<=x<=1024"),
        ((*TUNED, "--time-limit", "-1"), "is not in the range"),
        ((*TUNED, "--size", "n=4"), "expected values of the sizes"),
        (("matmul", "m=" + "9" * 20, "n=8", "k=8"), "expected an extent"),
        ((":function",), "expected file.py:function"),
        (("nowhere.py:function",), "got no file 'nowhere.py'"),
        (("no.such.module:function",), "got no module 'no.such.module'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_makes_no_sense_is_refused(args: tuple[str, ...], says: str, tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    assert says in refused("tune", *args, "--db", str(path))
    assert not path.exists()


def test_databases_that_are_none(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("this is no database " * 100)
    assert "got another kind of file" in refused("tune", *TUNED, "--db", str(text))
    assert "got a directory" in refused("tune", *TUNED, "--db", str(tmp_path))
    below = text / "below.db"
    assert "expected" in refused("tune", *TUNED, "--db", str(below))


def test_a_function_of_the_user_s(tmp_path: Path) -> None:
    source = tmp_path / "mine.py"
    source.write_text(
        "from autosched import te\n"
        "print('imported')\n"
        "def scaled(m: int, n: int = 8):\n"
        "    A = te.placeholder((m, n), name='A')\n"
        "    return [A, te.compute((m, n), lambda i, j: A[i, j] * 2.0, name='B')]\n"
    )
    spec = f"{source}:scaled"
    path = str(tmp_path / "new.db")
    done = call("tune", spec, "m=4", "--trials", "1", "--threads", "1", "--db", path, "--json")
    assert done.status == 0
    assert done.document["workload"]["params"] == {"m": 4, "n": 8}
    misspelt = call("tune", f"{source}:scald", "m=4", "--json")
    assert misspelt.status == 2
    assert misspelt.document["error"]["hint"] == "did you mean scaled?"
