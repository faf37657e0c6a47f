import json
import subprocess
import sys

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs import OUTCOMES, WorkloadRecord, content_key, new_session
from autosched.tuning_logs.conformance.samples import trial


def test_keys_are_hashes_of_the_content() -> None:
    # The SHA-256 of "abc", from FIPS 180-2.
    assert content_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert WorkloadRecord(content="abc", name="f").key == content_key("abc")
    assert trial(1).trace_key == content_key("[1]")


@pytest.mark.parametrize(
    ("params", "said"),
    [('{"m": 3, "size n": 7}', "f m=3 size n=7"), ("{}", "f"), ("[1]", "f"), ("{", "f")],
)
def test_workloads_are_named_with_their_parameters(params: str, said: str) -> None:
    assert str(WorkloadRecord(content="", name="f", params=params)) == said


@pytest.mark.parametrize("outcome", sorted(set(OUTCOMES) - {"ok"}))
def test_a_failure_has_a_reason_and_no_time(outcome: str) -> None:
    assert trial(1, outcome=outcome, reason="why").time_ns is None
    with pytest.raises(DatabaseError, match=f"no times for a trial that is {outcome}"):
        trial(1, outcome=outcome, times_ns=(1.0,))


def test_the_time_is_the_median() -> None:
    assert trial(1, times_ns=(9.0, 1.0, 3.0)).time_ns == 3.0
    assert trial(1, times_ns=(1.0, 2.0)).time_ns == 1.5


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": "slow"}, "expected an outcome, one of ok, wrong_result"),
        ({"times_ns": ()}, "expected positive times"),
        ({"times_ns": (0.0,)}, "expected positive times"),
        ({"threads": 0}, "expected a thread count of at least 1, got 0"),
    ],
)
def test_an_invalid_trial_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(DatabaseError, match=message):
        trial(1, **changes)


def test_a_new_session_describes_the_run() -> None:
    one, two = (new_session(strategy="evolutionary", seed=3, host_cpu="znver5") for _ in range(2))
    assert one.id != two.id
    assert (one.strategy, one.seed, one.host_cpu, one.ended) == ("evolutionary", 3, "znver5", None)
    assert one.versions["numpy"].count(".") == 2
    assert one.started < two.started


def test_records_are_read_without_a_compiler_or_sqlite_utils() -> None:
    code = "import json, sys, autosched.tuning_logs; print(json.dumps(list(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name for name in json.loads(done.stdout) if name.startswith("autosched.")}
    assert not {name for name in loaded if name.split(".")[1] not in ("errors", "tuning_logs")}
    assert "sqlite_utils" not in json.loads(done.stdout)
