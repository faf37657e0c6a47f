"""Adding records and reading them back."""

from __future__ import annotations

from typing import Any

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs.conformance.base import StoreTests
from autosched.tuning_logs.conformance.samples import CPU, LARGE, OTHER, SESSION, SMALL, VTA, trial
from autosched.tuning_logs.records import WorkloadRecord
from autosched.tuning_logs.store import Store


class AddingTests(StoreTests):
    """Records are returned as added, once, and only with valid references."""

    # ---- reading back

    def test_records_are_returned_as_added(self, store: Store) -> None:
        added = trial(
            1, times_ns=(5.0, 3.0, 4.0), build_ms=12.5, predicted=0.25, threads=2, reason="é\n"
        )
        assert store.add_trial(added)
        assert list(store.trials()) == [added]
        assert added.time_ns == 4.0
        assert store.workloads() == [SMALL, LARGE, OTHER]
        assert store.workload(LARGE.key) == LARGE
        assert store.targets() == [CPU, VTA]
        assert store.sessions() == [SESSION]

    def test_an_unknown_workload_gives_none(self, store: Store) -> None:
        assert store.workload("no such key") is None

    def test_trials_are_returned_oldest_first(self, store: Store) -> None:
        added = [trial(number, time_ns=1000.0 - number) for number in range(1, 9)]
        for record in added:
            store.add_trial(record)
        assert list(store.trials(SMALL.key, CPU.text)) == added

    def test_many_trials_are_returned_once_each(self, store: Store) -> None:
        for number in range(1203):
            store.add_trial(trial(number))
        assert [record.trace for record in store.trials()] == [f"[{n}]" for n in range(1203)]

    def test_trials_are_filtered(self, store: Store) -> None:
        cpu, vta, two, large = (
            trial(1),
            trial(1, target=VTA.text),
            trial(1, threads=2),
            trial(1, workload=LARGE.key),
        )
        for record in (cpu, vta, two, large):
            assert store.add_trial(record)
        assert list(store.trials(SMALL.key)) == [cpu, vta, two]
        assert list(store.trials(target=CPU.text)) == [cpu, two, large]
        assert list(store.trials(threads=2)) == [two]
        assert list(store.trials(OTHER.key)) == []

    def test_lone_surrogates_are_replaced(self, store: Store) -> None:
        store.add_trial(trial(1, outcome="crashed", reason="signal 11: \udcff"))
        (stored,) = store.trials()
        assert stored.reason == "signal 11: ?"

    # ---- uniqueness

    def test_a_trial_is_stored_once(self, store: Store) -> None:
        assert store.add_trial(trial(1, time_ns=5.0))
        assert not store.add_trial(trial(1, time_ns=4.0))
        assert [record.time_ns for record in store.trials()] == [5.0]

    def test_failures_count_as_measured(self, store: Store) -> None:
        failed, fine = trial(1, outcome="timeout"), trial(2)
        store.add_trial(failed)
        store.add_trial(fine)
        assert store.measured(SMALL.key, CPU.text) == {failed.trace_key, fine.trace_key}
        assert store.measured(SMALL.key, CPU.text, threads=2) == set()
        assert store.measured(SMALL.key, VTA.text) == set()

    def test_known_records_are_not_added_again(self, store: Store) -> None:
        renamed = WorkloadRecord(content=SMALL.content, name="mine.py:f")
        assert not store.add_workload(renamed)
        assert not store.add_target(CPU)
        assert not store.start_session(SESSION)
        assert store.workload(SMALL.key) == SMALL

    def test_two_contents_under_one_workload_key_are_an_error(self, store: Store) -> None:
        with pytest.raises(DatabaseError, match="another content with the same key"):
            store.add_workload(WorkloadRecord(key=SMALL.key, content="else", name="matmul"))

    def test_two_traces_under_one_trace_key_are_an_error(self, store: Store) -> None:
        store.add_trial(trial(1, trace_key="k"))
        with pytest.raises(DatabaseError, match="trace stored under key k"):
            store.add_trial(trial(2, trace_key="k"))
        assert len(list(store.trials())) == 1

    def test_a_content_with_a_wrong_key_is_replaced(self, store: Store) -> None:
        right = WorkloadRecord(content="right", name="right")
        store.add_workload(WorkloadRecord(key=right.key, content="wrong", name="wrong"))
        assert not store.add_workload(right)
        assert store.workload(right.key) == right
        store.add_trial(trial(1, trace_key=trial(2).trace_key))
        assert store.add_trial(trial(2))
        assert [record.trace for record in store.trials()] == ["[2]"]

    # ---- references

    @pytest.mark.parametrize("field", ["workload", "target", "session"])
    def test_a_trial_needs_known_references(self, store: Store, field: str) -> None:
        changes: dict[str, Any] = {field: "unheard of"}
        with pytest.raises(DatabaseError, match=f"expected a {field} that the store knows"):
            store.add_trial(trial(1, **changes))
        assert list(store.trials()) == []

    def test_a_session_ends_once(self, store: Store) -> None:
        store.end_session(SESSION.id)
        (ended,) = store.sessions()
        assert ended.ended is not None
        store.end_session(SESSION.id)
        assert store.sessions() == [ended]

    def test_ending_an_unknown_session_is_an_error(self, store: Store) -> None:
        with pytest.raises(DatabaseError, match="expected a session that the store knows"):
            store.end_session("s2")
