"""Times in a network are kept, ranked, replaced and copied."""

from __future__ import annotations

from pathlib import Path

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs.conformance.base import StoreTests
from autosched.tuning_logs.conformance.samples import CPU, LARGE, SMALL, trial
from autosched.tuning_logs.records import TrialRecord
from autosched.tuning_logs.store import Store
from autosched.tuning_logs.transfer import copy_records, export_lines, import_lines


def settled(store: Store) -> list[tuple[str, float | None]]:
    """Return the trace and the time in a network of each settled trial of `SMALL`."""
    found = store.settled(SMALL.key, CPU.text, 1)
    return [(trial.trace, trial.network_ns) for trial in found]


def settle(store: Store, *times: tuple[TrialRecord, float]) -> None:
    store.settle(SMALL.key, CPU.text, 1, {trial.trace_key: time for trial, time in times})


class SettlingTests(StoreTests):
    """A time in a network says which trial networks use; the latest times count."""

    def test_the_fastest_in_a_network_is_first(self, store: Store) -> None:
        first, second, third = (trial(number) for number in (1, 2, 3))
        for each in (first, second, third):
            store.add_trial(each)
        assert settled(store) == []
        settle(store, (first, 9.0), (second, 7.0))
        assert settled(store) == [("[2]", 7.0), ("[1]", 9.0)]
        assert [found.trace for found in store.top(SMALL.key, CPU.text, 1)] == ["[1]"]
        settle(store, (third, 8.0), (first, 8.5))
        assert settled(store) == [("[3]", 8.0), ("[1]", 8.5)]

    def test_only_trials_that_are_ok_are_settled(self, store: Store) -> None:
        good, bad = trial(1), trial(2, outcome="timeout")
        store.add_trial(good)
        store.add_trial(bad)
        with pytest.raises(DatabaseError, match="expected a trial that the store knows"):
            settle(store, (trial(3), 1.0))
        with pytest.raises(DatabaseError, match="expected a positive time in a network, of"):
            settle(store, (good, 2.0), (bad, 1.0))
        with pytest.raises(DatabaseError, match="a positive time in a network"):
            settle(store, (good, 0.0))
        assert settled(store) == []
        settle(store, (good, 2.0))
        store.refuse(good, "crashed", "gone")
        assert settled(store) == []

    def test_prune_and_forget_know_the_settled(self, store: Store) -> None:
        trials = [trial(number) for number in range(4)]
        for each in trials:
            store.add_trial(each)
        settle(store, (trials[2], 5.0), (trials[3], 6.0))
        assert store.prune(keep=1) == 2
        assert [found.trace for found in store.trials()] == ["[0]", "[2]"]
        assert settled(store) == [("[2]", 5.0)]
        assert store.forget(SMALL.key) == 2
        assert settled(store) == []

    def test_copies_have_the_times(self, store: Store, tmp_path: Path) -> None:
        store.add_trial(trial(1))
        store.add_trial(trial(1, workload=LARGE.key))
        settle(store, (trial(1), 5.0))
        with self.make_store(tmp_path / "copy") as copy, self.make_store(tmp_path / "text") as text:
            copy_records(store, copy)
            import_lines(export_lines(store), text)
            assert settled(copy) == settled(text) == [("[1]", 5.0)]
            assert list(copy.trials()) == list(store.trials())

    def test_times_of_two_runs_are_not_mixed(self, store: Store, tmp_path: Path) -> None:
        for number in (1, 2):
            store.add_trial(trial(number))
        settle(store, (trial(1), 5.0), (trial(2), 6.0))
        with self.make_store(tmp_path / "known") as known:
            copy_records(store, known)
            settle(known, (trial(2), 9.0))
            copy_records(store, known)
            import_lines(export_lines(store), known)
            assert settled(known) == [("[2]", 9.0)]

    def test_trials_that_are_known_get_the_times(self, store: Store, tmp_path: Path) -> None:
        for number in (1, 2, 3):
            store.add_trial(trial(number))
        settle(store, (trial(1), 5.0), (trial(2), 6.0), (trial(3), 4.0))
        with self.make_store(tmp_path / "known") as known:
            copy_records(store, known)
            known.settle(SMALL.key, CPU.text, 1, {})
            known.refuse(trial(3), "crashed", "gone")
            copy_records(store, known)
            assert settled(known) == [("[1]", 5.0), ("[2]", 6.0)]
