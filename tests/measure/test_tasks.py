"""The requests of a worker, performed in this process."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from autosched import te
from autosched.errors import VerifyError
from autosched.measure.tasks import Lost, Refused, Tasks, refusing_errors
from autosched.target.target import Target
from autosched.te.serialize import to_json


@pytest.fixture
def folder(tmp_path: Path) -> str:
    return str(tmp_path)


def tasks(folder: str, pin: bool = False) -> Tasks:
    made = Tasks("tests.measure.hook:Hook", 1 << 40, pin)
    made.perform("reference", workload="add", sizes={}, folder=folder)
    return made


def build(made: Tasks, number: int, trace: str = "good") -> None:
    made.perform("build", **candidate(number, trace))


def candidate(number: int, trace: str = "good") -> dict[str, object]:
    return {
        "number": number,
        "workload": "add",
        "trace": trace,
        "target": "cpu",
        "threads": 1,
    }


def run(made: Tasks, folder: str, trace: str = "good") -> dict[str, object]:
    timing = {"repeat_ns": 1e4}
    done: dict[str, object] = made.perform(
        "run", build=candidate(4, trace), folder=folder, best_ns=1e-9, timing=timing
    )
    return done


def test_a_build_is_kept_until_it_is_run(folder: str) -> None:
    made = tasks(folder)
    build(made, 4)
    assert list(made._builds) == [4]
    assert run(made, folder)["kind"] == "ok"
    assert not made._builds
    assert run(made, folder)["kind"] == "ok"


def test_a_build_that_is_called_once_is_kept(folder: str) -> None:
    made = tasks(folder)
    done = made.perform("run", build=candidate(4), folder=folder)
    assert (done["kind"], len(done["times_ns"])) == ("ok", 1)
    assert list(made._builds) == [4]
    timing = {"repeat_ns": 1e4}
    timed = made.perform(
        "run", build=candidate(4), folder=folder, timing=timing, best_ns=None, verified=True
    )
    assert timed["kind"] == "ok"
    assert len(timed["times_ns"]) >= 3  # until two agree
    assert not made._builds
    assert not made.spoiled


def built_natively(file: Path) -> dict[str, object]:
    """Build a sum of matrices whose code goes to a file; return the request."""
    a, b = (te.placeholder((3, 5), name=name) for name in "AB")
    total = te.compute((3, 5), lambda i, j: a[i, j] + b[i, j], name="C")
    given: dict[str, object] = {
        "workload": to_json([a, b, total]),
        "trace": json.dumps({"version": 1, "steps": []}),
        "target": str(Target.host()),
        "threads": 1,
        "file": str(file),
    }
    Tasks("autosched.measure.builder:NativeBuilder", 1 << 40, False).perform(
        "build", number=1, **given
    )
    return given


def test_code_that_another_process_has_made_is_loaded(tmp_path: Path) -> None:
    given = built_natively(tmp_path / "code" / "kernel")
    assert [path.name for path in (tmp_path / "code").iterdir()] == ["kernel"]
    other = Tasks("tests.measure.hook:Hook", 1 << 40, False)  # cannot build it
    other.perform("build", number=2, **given)
    x, y = np.ones((3, 5), np.float32), np.arange(15, dtype=np.float32).reshape(3, 5)
    np.testing.assert_array_equal(other._builds[2].kernel(x, y), x + y)


def test_code_that_cannot_be_kept_leaves_no_part(tmp_path: Path) -> None:
    (tmp_path / "kernel").mkdir()
    built_natively(tmp_path / "kernel")
    assert [path.name for path in tmp_path.iterdir()] == ["kernel"]


def test_without_a_file_a_candidate_is_built_again(folder: str) -> None:
    made = tasks(folder)
    made.perform("build", **candidate(4), file=str(Path(folder) / "code"))
    assert made._builds[4].kernel.code is None
    assert not (Path(folder) / "code").exists()


def test_builds_are_forgotten(folder: str) -> None:
    made = tasks(folder)
    build(made, 4)
    made.perform("forget")
    assert not made._builds
    done = made.perform("compare", builds=[candidate(4)], folder=folder, rounds=1, repeat_ns=1e4)
    assert [outcome["kind"] for outcome in done] == ["ok"]


def test_a_wrong_candidate_spoils_the_process(folder: str) -> None:
    made = tasks(folder)
    assert run(made, folder)["kind"] == "ok"
    assert not made.spoiled
    assert run(made, folder, "wrong")["kind"] == "wrong_result"
    assert made.spoiled


def test_a_kernel_that_is_wrong_in_a_later_call_is_wrong(folder: str) -> None:
    assert run(tasks(folder), folder, "decays")["kind"] == "wrong_result"


def test_a_case_without_files_is_lost(folder: str) -> None:
    made = tasks(folder)
    for file in Path(folder).iterdir():
        file.unlink()
    with pytest.raises(Lost):
        run(made, folder)


def test_a_reference_that_cannot_be_written_is_refused(folder: str) -> None:
    file = Path(folder) / "file"
    file.touch()
    made = Tasks("tests.measure.hook:Hook", 1 << 40, False)
    with pytest.raises(Refused, match="expected to write a case's files to"):
        made.perform("reference", workload="add", sizes={}, folder=str(file / "below"))


def test_a_broken_invariant_is_a_bug() -> None:
    with pytest.raises(VerifyError), refusing_errors():
        raise VerifyError("expected a nest that holds, got another")


def test_a_refusal_keeps_its_message(folder: str) -> None:
    with pytest.raises(Refused, match="expected a nest with code, got none"):
        build(tasks(folder), 4, "no_kernel")


@pytest.mark.skipif(not hasattr(os, "sched_getaffinity"), reason="the system cannot pin")
@pytest.mark.parametrize("pin", [False, True])
def test_a_kernel_is_pinned_to_one_core_if_requested(folder: str, pin: bool) -> None:
    made = tasks(folder, pin)
    before = os.sched_getaffinity(0)
    with made._on_one_core():
        assert os.sched_getaffinity(0) == ({max(before)} if pin else before)
    assert os.sched_getaffinity(0) == before
