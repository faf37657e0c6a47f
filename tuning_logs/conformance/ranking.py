"""The fastest trials, and summaries."""

from __future__ import annotations

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs.conformance.base import StoreTests
from autosched.tuning_logs.conformance.samples import CPU, LARGE, OTHER, SMALL, VTA, trial
from autosched.tuning_logs.store import Store
from autosched.tuning_logs.summary import TaskSummary


class RankingTests(StoreTests):
    """The fastest trials are found, counted and kept."""

    # ---- the fastest

    def test_the_best_is_the_fastest_that_is_ok(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=9.0))
        store.add_trial(trial(2, times_ns=(1.0, 7.0, 8.0)))
        store.add_trial(trial(3, outcome="wrong_result"))
        store.add_trial(trial(4, time_ns=2.0, target=VTA.text))
        best = store.best(SMALL.key, CPU.text)
        assert best is not None
        assert best.trace == "[2]"
        assert store.best(LARGE.key, CPU.text) is None

    def test_the_best_depends_on_the_threads(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=9.0, threads=1))
        store.add_trial(trial(1, time_ns=5.0, threads=2))
        times = [store.best(SMALL.key, CPU.text, threads) for threads in (1, 2, None, 3)]
        assert [found and found.time_ns for found in times] == [9.0, 5.0, 5.0, None]

    def test_top_is_ordered_and_ties_go_to_the_older(self, store: Store) -> None:
        for number, time in ((1, 3.0), (2, 1.0), (3, 3.0), (4, 2.0)):
            store.add_trial(trial(number, time_ns=time))
        top = store.top(SMALL.key, CPU.text, 3)
        assert [found.trace for found in top] == ["[2]", "[4]", "[1]"]
        assert store.top(SMALL.key, CPU.text, 0) == []

    def test_more_times_change_the_median(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=2.0))
        store.add_trial(trial(2, time_ns=3.0))
        longer = store.add_times(trial(1), [8.0, 9.0])
        assert longer.times_ns == (2.0, 8.0, 9.0)
        assert [found.trace for found in store.top(SMALL.key, CPU.text, 2)] == ["[2]", "[1]"]

    def test_times_are_added_only_to_a_stored_trial_that_is_ok(self, store: Store) -> None:
        store.add_trial(trial(1, outcome="timeout"))
        with pytest.raises(DatabaseError, match="no times for a trial that is timeout"):
            store.add_times(trial(1), [1.0])
        with pytest.raises(DatabaseError, match="expected a trial that the store knows"):
            store.add_times(trial(2), [1.0])

    def test_a_refused_trial_loses_its_times(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=2.0))
        store.add_trial(trial(2, time_ns=3.0))
        refused = store.refuse(trial(1), "wrong_result", "it was not right")
        assert (refused.outcome, refused.reason) == ("wrong_result", "it was not right")
        assert refused.times_ns == ()
        assert refused in store.trials()
        assert [found.trace for found in store.top(SMALL.key, CPU.text, 2)] == ["[2]"]
        assert store.add_trial(trial(1, time_ns=2.0)) is False

    def test_only_a_stored_trial_is_refused_with_a_failure(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=2.0))
        with pytest.raises(DatabaseError, match="expected a trial that the store knows"):
            store.refuse(trial(2), "crashed", "gone")
        for outcome in ("ok", "sad"):
            with pytest.raises(DatabaseError, match="expected an outcome"):
                store.refuse(trial(1), outcome, "it was not right")
        assert store.best(SMALL.key, CPU.text) is not None

    @pytest.mark.parametrize("times", [[0.0], [-1.0], [float("nan")], [float("inf")]])
    def test_times_must_be_positive(self, store: Store, times: list[float]) -> None:
        store.add_trial(trial(1, time_ns=2.0))
        with pytest.raises(DatabaseError, match="expected positive times"):
            store.add_times(trial(1), times)
        assert [record.times_ns for record in store.trials()] == [(2.0,)]

    def test_similar_workloads_need_a_best_trial(self, store: Store) -> None:
        store.add_trial(trial(1))
        store.add_trial(trial(2, workload=OTHER.key))
        assert [found.workload for found in store.similar("@", CPU.text)] == [SMALL]
        store.add_trial(trial(3, workload=LARGE.key))
        found = store.similar("@", CPU.text)
        assert [(one.workload, one.best.trace) for one in found] == [(SMALL, "[1]"), (LARGE, "[3]")]
        assert store.similar("", CPU.text) == []
        assert store.similar("@", VTA.text) == []

    # ---- summaries

    def test_tasks_and_stats_count(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=4.0))
        store.add_trial(trial(2, outcome="timeout"))
        store.add_trial(trial(3, workload=LARGE.key, outcome="crashed"))
        store.add_trial(trial(1, time_ns=3.0, threads=2))
        assert store.tasks() == [
            TaskSummary(SMALL, CPU.text, 1, 2, 1, 4.0),
            TaskSummary(LARGE, CPU.text, 1, 1, 1, None),
            TaskSummary(SMALL, CPU.text, 2, 1, 0, 3.0),
        ]
        stats = store.stats()
        assert (stats.workloads, stats.targets, stats.sessions, stats.trials) == (3, 2, 1, 4)
        assert stats.by_outcome == {"ok": 2, "timeout": 1, "crashed": 1}
        assert stats.by_workload == {SMALL.key: 3, LARGE.key: 1}

    def test_prune_keeps_the_best_of_each_task(self, store: Store) -> None:
        for number in range(5):
            store.add_trial(trial(number, time_ns=10.0 - number))
            store.add_trial(trial(number, workload=LARGE.key))
        store.add_trial(trial(9, outcome="timeout"))
        assert store.prune(keep=2) == 7
        kept = {(record.workload, record.trace) for record in store.trials()}
        assert kept == {
            *((SMALL.key, f"[{number}]") for number in (3, 4)),
            *((LARGE.key, f"[{number}]") for number in (0, 1)),
        }

    def test_prune_accepts_more_than_sqlite_counts(self, store: Store) -> None:
        store.add_trial(trial(1))
        assert store.prune(keep=10**20) == 0
        assert len(list(store.trials())) == 1

    def test_prune_keeps_at_least_one(self, store: Store) -> None:
        with pytest.raises(DatabaseError, match="keep at least 1 trial"):
            store.prune(keep=0)
