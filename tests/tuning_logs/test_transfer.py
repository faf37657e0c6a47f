import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autosched.errors import DatabaseError
from autosched.tuning_logs import (
    MemoryStore,
    TrialRecord,
    copy_trials,
    export_lines,
    import_lines,
)
from autosched.tuning_logs.conformance.samples import fill, trial

HEADER = '{"format": "autosched tuning log", "version": 1}'
text = st.text(st.characters(exclude_categories=["Cs"]))
times = st.lists(st.floats(min_value=1e-3, max_value=1e15), min_size=1, max_size=5)


def filled(*trials: TrialRecord) -> MemoryStore:
    store = MemoryStore()
    fill(store)
    for record in trials:
        store.add_trial(record)
    return store


@given(text, text, times, st.none() | st.floats(allow_nan=False))
def test_export_and_import_are_inverse(
    trace: str, reason: str, times_ns: list[float], predicted: float | None
) -> None:
    store = filled(
        trial(0, trace=trace, reason=reason, times_ns=tuple(times_ns), predicted=predicted)
    )
    again = MemoryStore()
    assert import_lines(export_lines(store), again).added == 1
    assert list(again.trials()) == list(store.trials())


def test_every_line_is_one_json_object() -> None:
    lines = list(export_lines(filled(trial(1, reason="two\nlines"))))
    assert [json.loads(line).get("kind") for line in lines] == [
        None,
        "workload",
        "target",
        "session",
        "trial",
    ]
    assert not any("\n" in line for line in lines)


def test_importing_twice_adds_nothing() -> None:
    lines = list(export_lines(filled(trial(1), trial(2))))
    store = filled(trial(1))
    copied = import_lines(lines, store)
    assert (copied.added, copied.known) == (1, 1)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([], "line 1: expected a JSON object, got ''"),
        (["trace,time"], "line 1: expected a JSON object, got 'trace,time'"),
        (['{"i": [["x"]]}'], "begins with the format 'autosched tuning log'"),
        (['{"format": "autosched tuning log", "version": 2}'], "expected version 1 .* got 2"),
        ([HEADER, "[]"], r"line 2: expected a JSON object, got '\[\]'"),
        ([HEADER, "", '{"kind": "model"}'], "line 3: expected a kind, one of workload, target"),
        ([HEADER, '{"kind": "target"}'], "line 2: expected the fields of a target"),
        ([HEADER, '{"kind": "target", "text": 5}'], "line 2: expected text to be text, got 5"),
        ([HEADER, '{"kind": "target", "run": "rm"}'], "line 2: expected the fields text, created"),
    ],
)
def test_an_invalid_line_is_reported(lines: list[str], message: str) -> None:
    with pytest.raises(DatabaseError, match=message):
        import_lines(lines, MemoryStore())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"outcome": "slow"}, "line 5: expected an outcome"),
        ({"times_ns": [-1.0]}, "line 5: expected positive times"),
        ({"times_ns": ["1"]}, "line 5: expected times_ns to be a list of numbers"),
        ({"threads": True}, "line 5: expected threads to be a whole number, got True"),
        ({"session": "s9"}, "expected a session that the store knows, got 's9'"),
    ],
)
def test_an_invalid_trial_is_reported(changes: dict[str, object], message: str) -> None:
    *before, last = export_lines(filled(trial(1)))
    broken = json.dumps({**json.loads(last), **changes})
    with pytest.raises(DatabaseError, match=message):
        import_lines([*before, broken], MemoryStore())


def test_some_trials_are_copied_with_what_they_refer_to() -> None:
    source, into = filled(trial(1), trial(2)), MemoryStore()
    first, _ = source.trials()
    copy_trials(source, into, [first, first])
    (copied,) = into.trials()
    assert (copied.trace, copied.times_ns) == (first.trace, first.times_ns)
    assert into.workload(first.workload) == source.workload(first.workload)
    with pytest.raises(DatabaseError, match="expected a workload that the store knows"):
        copy_trials(MemoryStore(), into, [first])
