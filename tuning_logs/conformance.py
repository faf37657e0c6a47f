"""What every store must do; a store's test class inherits this one.

class TestMine(StoreConformance):
    def make_store(self, folder: Path) -> Store:
        return MyStore(folder / "mine")
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from autosched.errors import DatabaseError
from autosched.tuning_logs.records import SessionRecord, TargetRecord, TrialRecord, WorkloadRecord
from autosched.tuning_logs.store import Store
from autosched.tuning_logs.transfer import copy_records, export_lines, import_lines
from autosched.tuning_logs.verify import MOST_TOLD

SMALL = WorkloadRecord(content="C = A @ B, 8", name="matmul", params='{"m": 8}', shape_free_key="@")
LARGE = WorkloadRecord(
    content="C = A @ B, 64", name="matmul", params='{"m": 64}', shape_free_key="@"
)
OTHER = WorkloadRecord(content="B = max(A, 0)", name="relu")
CPU = TargetRecord(text="cpu -model=test")
VTA = TargetRecord(text="vta")
SESSION = SessionRecord(id="s1", strategy="random", seed=7, versions={"numpy": "2"}, machine="here")


OTHER_SESSION = SessionRecord(id="s2", strategy="random", seed=8)


def claim(store: Store, session: SessionRecord, *keys: str) -> set[str]:
    """Claim candidates of `SMALL` on one thread."""
    return store.claim(SMALL.key, CPU.text, 1, session.id, keys)


def trial(
    number: int, time_ns: float | None = None, outcome: str = "ok", **changes: Any
) -> TrialRecord:
    """A trial of `SMALL` whose trace is the number; `ok` ones take `time_ns` or number + 1."""
    times = (time_ns or number + 1.0,) if outcome == "ok" else ()
    defaults = {"workload": SMALL.key, "target": CPU.text, "session": SESSION.id}
    return TrialRecord(
        **{**defaults, "trace": f"[{number}]", "outcome": outcome, "times_ns": times, **changes}
    )


class StoreConformance(ABC):
    """Inherit, give `make_store`, and pytest runs every test of the contract."""

    @abstractmethod
    def make_store(self, folder: Path) -> Store:
        """A new, empty store; `folder` is empty and the test's own."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        with self.make_store(tmp_path) as store:
            for workload in (SMALL, LARGE, OTHER):
                store.add_workload(workload)
            for target in (CPU, VTA):
                store.add_target(target)
            store.start_session(SESSION)
            yield store

    # ---- what is added comes back

    def test_records_come_back_as_they_were(self, store: Store) -> None:
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

    def test_an_unknown_workload_is_none(self, store: Store) -> None:
        assert store.workload("no such key") is None

    def test_trials_come_oldest_first(self, store: Store) -> None:
        added = [trial(number, time_ns=1000.0 - number) for number in range(1, 9)]
        for record in added:
            store.add_trial(record)
        assert list(store.trials(SMALL.key, CPU.text)) == added

    def test_many_trials_come_back_once_each(self, store: Store) -> None:
        for number in range(1203):
            store.add_trial(trial(number))
        assert [record.trace for record in store.trials()] == [f"[{n}]" for n in range(1203)]

    def test_trials_are_filtered(self, store: Store) -> None:
        here, vta, two, large = (
            trial(1),
            trial(1, target=VTA.text),
            trial(1, threads=2),
            trial(1, workload=LARGE.key),
        )
        for record in (here, vta, two, large):
            assert store.add_trial(record)
        assert list(store.trials(SMALL.key)) == [here, vta, two]
        assert list(store.trials(target=CPU.text)) == [here, two, large]
        assert list(store.trials(threads=2)) == [two]
        assert list(store.trials(OTHER.key)) == []

    def test_text_that_no_encoding_has_is_kept_readable(self, store: Store) -> None:
        store.add_trial(trial(1, outcome="crashed", reason="signal 11: \udcff"))
        (stored,) = store.trials()
        assert stored.reason == "signal 11: ?"

    # ---- no trial twice

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

    def test_a_content_that_is_not_its_keys_gives_way(self, store: Store) -> None:
        right = WorkloadRecord(content="right", name="right")
        store.add_workload(WorkloadRecord(key=right.key, content="wrong", name="wrong"))
        assert not store.add_workload(right)
        assert store.workload(right.key) == right
        store.add_trial(trial(1, trace_key=trial(2).trace_key))
        assert store.add_trial(trial(2))
        assert [record.trace for record in store.trials()] == ["[2]"]

    # ---- what refers to nothing

    @pytest.mark.parametrize("field", ["workload", "target", "session"])
    def test_a_trial_needs_what_it_refers_to(self, store: Store, field: str) -> None:
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

    # ---- the best

    def test_the_best_is_the_fastest_that_is_ok(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=9.0))
        store.add_trial(trial(2, times_ns=(1.0, 7.0, 8.0)))
        store.add_trial(trial(3, outcome="wrong_result"))
        store.add_trial(trial(4, time_ns=2.0, target=VTA.text))
        best = store.best(SMALL.key, CPU.text)
        assert best is not None
        assert best.trace == "[2]"
        assert store.best(LARGE.key, CPU.text) is None

    def test_the_best_is_asked_for_by_threads(self, store: Store) -> None:
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

    def test_a_refused_trial_has_no_times(self, store: Store) -> None:
        store.add_trial(trial(1, time_ns=2.0))
        store.add_trial(trial(2, time_ns=3.0))
        refused = store.refuse(trial(1), "wrong_result", "it was not right")
        assert (refused.outcome, refused.reason) == ("wrong_result", "it was not right")
        assert refused.times_ns == ()
        assert refused in store.trials()
        assert [found.trace for found in store.top(SMALL.key, CPU.text, 2)] == ["[2]"]
        assert store.add_trial(trial(1, time_ns=2.0)) is False

    def test_only_a_stored_trial_is_refused_and_for_a_reason(self, store: Store) -> None:
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

    def test_relatives_have_other_sizes_and_a_best(self, store: Store) -> None:
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
        counted = [
            (
                task.workload,
                task.target,
                task.threads,
                task.trials,
                task.failures,
                task.best_time_ns,
            )
            for task in store.tasks()
        ]
        assert counted == [
            (SMALL, CPU.text, 1, 2, 1, 4.0),
            (LARGE, CPU.text, 1, 1, 1, None),
            (SMALL, CPU.text, 2, 1, 0, 3.0),
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

    def test_prune_may_keep_more_than_there_can_be(self, store: Store) -> None:
        store.add_trial(trial(1))
        assert store.prune(keep=10**20) == 0
        assert len(list(store.trials())) == 1

    def test_prune_keeps_at_least_one(self, store: Store) -> None:
        with pytest.raises(DatabaseError, match="keep at least 1 trial"):
            store.prune(keep=0)

    def test_verify_names_what_is_not_json(self, store: Store) -> None:
        store.add_trial(trial(1))
        assert store.verify() == []
        workload = WorkloadRecord(content="x", name="x", params="[]")
        text, deep = trial(2, trace="not json"), trial(3, trace="[" * 100_000)
        store.add_workload(workload)
        store.add_trial(text)
        store.add_trial(deep)
        assert store.verify() == [
            f"workload {workload.key}: expected params that are a JSON object",
            f"trial {text.trace_key}: expected a trace that is JSON",
            f"trial {deep.trace_key}: expected a trace that is JSON",
        ]

    def test_verify_names_keys_that_are_no_hashes(self, store: Store) -> None:
        store.add_trial(trial(2, trace_key="k"))
        store.add_workload(WorkloadRecord(content="x", name="x", key="w"))
        assert store.verify() == [
            "workload w: expected the hash of its content as the key",
            "trial k: expected the hash of its trace as the key",
        ]

    def test_verify_counts_what_it_does_not_tell(self, store: Store) -> None:
        for number in range(MOST_TOLD + 7):
            store.add_trial(trial(number, trace_key=f"k{number}"))
        assert len(store.verify()) == MOST_TOLD + 1
        assert store.verify()[-1] == "and 7 more"

    # ---- claims

    def test_a_candidate_is_claimed_once(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        assert claim(store, SESSION, "a", "b") == {"a", "b"}
        assert claim(store, SESSION, "a", "b") == {"a", "b"}
        assert claim(store, OTHER_SESSION, "b", "c") == {"c"}
        assert claim(store, SESSION, "c", "d") == {"d"}

    def test_claims_are_those_of_a_task(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        assert claim(store, SESSION, "a") == {"a"}
        for task in ((LARGE.key, CPU.text, 1), (SMALL.key, VTA.text, 1), (SMALL.key, CPU.text, 2)):
            assert store.claim(*task, OTHER_SESSION.id, ["a"]) == {"a"}

    def test_what_is_stored_cannot_be_claimed(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        stored, failed = trial(1), trial(2, outcome="timeout")
        assert claim(store, SESSION, stored.trace_key) == {stored.trace_key}
        store.add_trial(stored)
        store.add_trial(failed)
        keys = (stored.trace_key, failed.trace_key, "a")
        assert claim(store, SESSION, *keys) == {"a"}
        assert claim(store, OTHER_SESSION, *keys) == set()

    def test_claims_end_with_their_session(self, store: Store) -> None:
        store.start_session(OTHER_SESSION)
        claim(store, SESSION, "a")
        store.end_session(SESSION.id)
        assert claim(store, OTHER_SESSION, "a") == {"a"}

    def test_claiming_needs_what_it_refers_to(self, store: Store) -> None:
        with pytest.raises(DatabaseError, match="expected a session that the store knows"):
            store.claim(SMALL.key, CPU.text, 1, "s9", ["a"])
        with pytest.raises(DatabaseError, match="expected a workload that the store knows"):
            store.claim("w", CPU.text, 1, SESSION.id, ["a"])

    # ---- forgetting

    def test_forget_takes_the_trials_of_one_workload(self, store: Store) -> None:
        for workload in (SMALL, LARGE):
            store.add_trial(trial(1, workload=workload.key))
            store.add_trial(trial(1, workload=workload.key, threads=2))
            store.add_trial(trial(1, workload=workload.key, target=VTA.text))
        claim(store, SESSION, "a")
        assert store.forget(SMALL.key, CPU.text, 2) == 1
        assert store.forget(SMALL.key, VTA.text) == 1
        assert store.workload(SMALL.key) == SMALL
        assert store.forget(SMALL.key) == 1
        assert store.workloads() == [LARGE, OTHER]
        assert len(list(store.trials(LARGE.key))) == 3
        assert store.forget("unheard of") == 0
        store.add_workload(SMALL)
        assert store.add_trial(trial(1))

    # ---- between stores

    def test_copies_of_a_store_are_equal(self, store: Store, tmp_path: Path) -> None:
        store.add_trial(trial(1, times_ns=(1.5, 2.5), predicted=1.0))
        store.add_trial(trial(2, outcome="crashed", reason="signal 11"))
        (tmp_path / "copy").mkdir()
        (tmp_path / "text").mkdir()
        with (
            self.make_store(tmp_path / "copy") as copy,
            self.make_store(tmp_path / "text") as text,
        ):
            assert copy_records(store, copy).added == 2
            assert copy_records(store, copy).known == 2
            assert import_lines(export_lines(store), text).added == 2
            for other in (copy, text):
                assert list(other.trials()) == list(store.trials())
                assert other.workloads() == store.workloads()
                assert other.targets() == store.targets()
                assert other.sessions() == store.sessions()

    # ---- threads, and the end

    def test_threads_share_a_store(self, store: Store) -> None:
        stored: list[bool] = []

        def write(first: int) -> None:
            stored.extend(store.add_trial(trial(first + number)) for number in range(40))

        writers = [threading.Thread(target=write, args=(20 * which,)) for which in range(3)]
        for writer in writers:
            writer.start()
        for writer in writers:
            writer.join()
        assert sorted(record.trace for record in store.trials()) == sorted(
            f"[{number}]" for number in range(80)
        )
        assert stored.count(True) == 80

    def test_a_closed_store_says_so(self, store: Store) -> None:
        store.close()
        store.close()
        with pytest.raises(DatabaseError, match="got one that was closed"):
            store.add_trial(trial(1))
        with pytest.raises(DatabaseError, match="got one that was closed"):
            store.best(SMALL.key, CPU.text)
